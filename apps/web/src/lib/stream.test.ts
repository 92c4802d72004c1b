import { afterEach, describe, expect, it, vi } from 'vitest';
import { LiveStream, type LiveStreamOptions, type StreamSocket } from './stream.ts';

class FakeSocket implements StreamSocket {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  reconnects = 0;
  #listeners: Record<string, ((event: never) => void)[]> = {};

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners[type] = [...(this.#listeners[type] ?? []), listener];
  }
  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(): void {
    this.readyState = 3;
  }
  reconnect(): void {
    this.reconnects += 1;
  }
  emit(type: string, event: unknown = {}): void {
    if (type === 'open') this.readyState = 1;
    for (const listener of this.#listeners[type] ?? []) listener(event as never);
  }
  receive(message: unknown): void {
    this.emit('message', { data: JSON.stringify(message) });
  }
}

let stream: LiveStream;
function start(options: LiveStreamOptions = {}) {
  const socket = new FakeSocket();
  const frames: (() => void)[] = [];
  stream = new LiveStream({ openSocket: () => socket, schedule: (callback) => frames.push(callback), ...options });
  stream.connect();
  return {
    socket,
    runFrame: () => {
      for (const callback of frames.splice(0)) callback();
    },
  };
}

afterEach(() => stream[Symbol.dispose]());

describe('LiveStream', () => {
  it('subscribes when the connection opens and hands over snapshots', () => {
    const { socket } = start();
    const onData = vi.fn();
    stream.subscribe('application', 'argocd/a', { onData });
    expect(socket.sent).toEqual([]);
    socket.emit('open');
    expect(socket.sent).toEqual([{ op: 'sub', id: 1, topic: 'application', key: 'argocd/a' }]);
    socket.receive({ op: 'snapshot', id: 1, rev: '5', data: { n: 1 } });
    expect(onData).toHaveBeenCalledExactlyOnceWith({ n: 1 });
    expect(stream.status().state).toBe('live');
  });

  it('applies all patches of a frame in one delivery', () => {
    const { socket, runFrame } = start();
    const onData = vi.fn();
    socket.emit('open');
    stream.subscribe('application', 'argocd/a', { onData });
    socket.receive({ op: 'snapshot', id: 1, rev: '5', data: { n: 1, m: 1 } });
    socket.receive({ op: 'patch', id: 1, rev: '6', patch: [{ op: 'replace', path: '/n', value: 2 }] });
    socket.receive({ op: 'patch', id: 1, rev: '7', patch: [{ op: 'replace', path: '/m', value: 3 }] });
    expect(onData).toHaveBeenCalledTimes(1);
    runFrame();
    expect(onData).toHaveBeenCalledTimes(2);
    expect(onData).toHaveBeenLastCalledWith({ n: 2, m: 3 });
  });

  it('resumes from the last revision after the connection was lost', () => {
    const { socket } = start();
    stream.subscribe('applications', undefined, { onData: () => undefined });
    socket.emit('open');
    socket.receive({ op: 'snapshot', id: 1, rev: '41', data: { items: {} } });
    socket.emit('close', { code: 1006 });
    expect(stream.status().state).toBe('reconnecting');
    socket.emit('open');
    expect(socket.sent.at(-1)).toEqual({ op: 'sub', id: 1, topic: 'applications', from: '41' });
  });

  it('asks for a new snapshot after a reset and ignores late messages of the old subscription', () => {
    const { socket, runFrame } = start();
    const onData = vi.fn();
    const onReset = vi.fn();
    socket.emit('open');
    stream.subscribe('resource-tree', 'argocd/a', { onData, onReset });
    socket.receive({ op: 'snapshot', id: 1, rev: '1', data: { nodes: [] } });
    socket.receive({ op: 'reset', id: 1, reason: 'gap' });
    expect(onReset).toHaveBeenCalledOnce();
    expect(socket.sent.at(-1)).toEqual({ op: 'sub', id: 2, topic: 'resource-tree', key: 'argocd/a' });
    socket.receive({ op: 'patch', id: 1, rev: '2', patch: [{ op: 'replace', path: '/nodes', value: [1] }] });
    runFrame();
    expect(onData).toHaveBeenCalledTimes(1);
  });

  it('restarts a subscription whose patch does not fit', () => {
    const { socket, runFrame } = start();
    const onReset = vi.fn();
    socket.emit('open');
    stream.subscribe('application', 'argocd/a', { onData: () => undefined, onReset });
    socket.receive({ op: 'snapshot', id: 1, rev: '1', data: {} });
    socket.receive({ op: 'patch', id: 1, rev: '2', patch: [{ op: 'replace', path: '/a/b', value: 1 }] });
    runFrame();
    expect(onReset).toHaveBeenCalledOnce();
    expect(socket.sent.slice(-2)).toEqual([
      { op: 'unsub', id: 1 },
      { op: 'sub', id: 2, topic: 'application', key: 'argocd/a' },
    ]);
  });

  it('shares one subscription and ends it with its last consumer', () => {
    const { socket } = start();
    socket.emit('open');
    const stopFirst = stream.subscribe('applications', undefined, { onData: () => undefined });
    socket.receive({ op: 'snapshot', id: 1, rev: '1', data: { items: {} } });
    const second = vi.fn();
    const stopSecond = stream.subscribe('applications', undefined, { onData: second });
    expect(second).toHaveBeenCalledWith({ items: {} });
    stopFirst();
    expect(socket.sent.filter((message) => message['op'] === 'unsub')).toEqual([]);
    stopSecond();
    expect(socket.sent.at(-1)).toEqual({ op: 'unsub', id: 1 });
  });

  it('answers heartbeats and reconnects when they stop', () => {
    vi.useFakeTimers();
    try {
      const { socket } = start();
      socket.emit('open');
      socket.receive({ op: 'hb', t: 1 });
      expect(socket.sent.at(-1)).toEqual({ op: 'pong' });
      vi.advanceTimersByTime(40_000);
      expect(socket.reconnects).toBe(0);
      vi.advanceTimersByTime(10_000);
      expect(socket.reconnects).toBeGreaterThan(0);
      expect(stream.status().state).toBe('reconnecting');
    } finally {
      vi.useRealTimers();
    }
  });

  it('falls back to polling after three failures and says so', () => {
    vi.useFakeTimers();
    try {
      const onPoll = vi.fn();
      const { socket } = start({ onPoll });
      for (let attempt = 0; attempt < 3; attempt++) socket.emit('close', { code: 1006 });
      expect(stream.status().state).toBe('polling');
      vi.advanceTimersByTime(15_000);
      expect(onPoll).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });

  it('stops and asks to sign in when the session expired', () => {
    const onExpired = vi.fn();
    const { socket } = start({ onExpired });
    socket.emit('open');
    socket.emit('close', { code: 4401 });
    expect(onExpired).toHaveBeenCalledOnce();
    expect(stream.status().state).toBe('expired');
    expect(socket.readyState).toBe(3);
  });
});
