import { ActionIcon, Button, Select, TextInput, Tooltip } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import {
  IconArrowDown,
  IconDownload,
  IconFilter,
  IconHistory,
  IconPlayerPause,
  IconPlayerPlay,
  IconTextWrap,
  IconTimeline,
} from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import Anser from 'anser';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ErrorState } from '../../../components/panel.tsx';
import type { LogEntry } from '../../../lib/api-types.ts';
import type { ApplicationKey } from '../queries.ts';
import { levelOf, logMatcher, stripAnsi } from './log-line.ts';
import { readLogs } from './log-stream.ts';
import classes from './logs.module.css';

interface LogTarget {
  group?: string | undefined;
  kind?: string | undefined;
  resourceName?: string | undefined;
  namespace?: string | undefined;
  podName?: string | undefined;
}

interface LogViewerProps {
  applicationKey: ApplicationKey;
  target: LogTarget;
  containers: string[];
  container: string | undefined;
  onContainer: (container: string) => void;
  fileName: string;
}

const keep = 50_000;

/** Logs of one Pod, or of all Pods of something, as they come. */
export function LogViewer({
  applicationKey: key,
  target,
  containers,
  container,
  onContainer,
  fileName,
}: LogViewerProps) {
  const [entries, setEntries] = useState<LogEntry[]>([]);
  const [error, setError] = useState<unknown>();
  const [ended, setEnded] = useState(false);
  const [follow, setFollow] = useState(true);
  const [previous, setPrevious] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const [filter, setFilter] = useState('');
  const [wrap, setWrap] = useLocalStorage({ key: 'lockstep.logs-wrap', defaultValue: true });
  const [times, setTimes] = useLocalStorage({ key: 'lockstep.logs-times', defaultValue: true });
  const scroll = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const lastTop = useRef(0);
  const [seen, setSeen] = useState(0);
  const { group, kind, resourceName, namespace, podName } = target;
  const { namespace: appNamespace, name } = key;

  // biome-ignore lint/correctness/useExhaustiveDependencies: attempt starts the same reading again
  useEffect(() => {
    const abort = new AbortController();
    setEntries([]);
    setError(undefined);
    setEnded(false);
    pinned.current = true;
    let waiting: LogEntry[] = [];
    let frame = 0;
    const show = () => {
      frame = 0;
      const batch = waiting;
      waiting = [];
      setEntries((before) => [...before, ...batch].slice(-keep));
    };
    readLogs(
      { namespace: appNamespace, name },
      {
        group,
        kind,
        resourceName,
        namespace,
        podName,
        container,
        previous,
        follow: follow && !previous,
        tailLines: 1000,
      },
      abort.signal,
      (batch) => {
        waiting.push(...batch);
        frame ||= requestAnimationFrame(show);
      },
    ).then(
      () => setEnded(true),
      (failure: unknown) => {
        if (!abort.signal.aborted) setError(failure);
      },
    );
    return () => {
      abort.abort();
      cancelAnimationFrame(frame);
    };
  }, [appNamespace, name, group, kind, resourceName, namespace, podName, container, previous, follow, attempt]);

  const shown = useMemo(() => {
    const matches = logMatcher(filter);
    return filter.trim() === '' ? entries : entries.filter((entry) => matches(entry.content));
  }, [entries, filter]);
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 19,
    overscan: 30,
  });
  const items = virtualizer.getVirtualItems();
  const height = virtualizer.getTotalSize();
  const manyPods = new Set(entries.slice(-200).map((entry) => entry.podName)).size > 1;

  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the end while the reader is there
  useEffect(() => {
    if (!pinned.current || shown.length === 0) return;
    virtualizer.scrollToIndex(shown.length - 1, { align: 'end' });
    setSeen(shown.length);
  }, [shown.length, height]);

  const handleScroll = () => {
    const box = scroll.current;
    if (!box) return;
    // Lines turn out taller than was thought and the end moves away; only somebody who scrolls up leaves it.
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 40) pinned.current = true;
    else if (box.scrollTop < lastTop.current) pinned.current = false;
    lastTop.current = box.scrollTop;
    if (pinned.current) setSeen(shown.length);
  };

  const download = () => {
    const text = shown
      .map((entry) => `${entry.timeStamp ?? ''} ${entry.podName ?? ''} ${stripAnsi(entry.content)}`)
      .join('\n');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: 'text/plain' }));
    link.download = `${fileName}.log`;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const unseen = shown.length - seen;
  return (
    <div className={classes.logs}>
      <div className={classes.bar}>
        {containers.length > 1 && (
          <Select
            size="xs"
            aria-label="Container"
            data={containers}
            value={container ?? containers[0] ?? null}
            allowDeselect={false}
            onChange={(value) => value && onContainer(value)}
            w={150}
          />
        )}
        <TextInput
          className={classes.filter ?? ''}
          size="xs"
          aria-label="Filter lines"
          placeholder="Filter: text, -exclude, /regex/, level:error"
          leftSection={<IconFilter size={14} />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
          data-page-search
        />
        <div className={classes.toggles}>
          <Toggle
            label={follow ? 'Stop following' : 'Follow new lines'}
            on={follow && !previous}
            onClick={() => setFollow(!follow)}
            icon={follow ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
          />
          <Toggle
            label="Logs of the container before its last restart"
            on={previous}
            onClick={() => setPrevious(!previous)}
            icon={<IconHistory size={16} />}
          />
          <Toggle label="Wrap lines" on={wrap} onClick={() => setWrap(!wrap)} icon={<IconTextWrap size={16} />} />
          <Toggle label="Show times" on={times} onClick={() => setTimes(!times)} icon={<IconTimeline size={16} />} />
          <Tooltip label="Download what is shown">
            <ActionIcon aria-label="Download what is shown" onClick={download}>
              <IconDownload size={16} />
            </ActionIcon>
          </Tooltip>
        </div>
      </div>
      {error ? (
        <ErrorState error={error} what="the logs" retry={() => setAttempt(attempt + 1)} compact />
      ) : (
        <div className={classes.view}>
          <div
            className={`${classes.lines} ${wrap ? classes.wrap : ''}`}
            ref={scroll}
            onScroll={handleScroll}
            role="log"
            aria-live="off"
            aria-label="Log lines"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
            tabIndex={0}
          >
            <div style={{ height, position: 'relative', minWidth: wrap ? 0 : 'max-content' }}>
              <div
                style={{
                  position: 'absolute',
                  top: 0,
                  left: 0,
                  right: wrap ? 0 : undefined,
                  transform: `translateY(${items[0]?.start ?? 0}px)`,
                }}
              >
                {items.map(({ index }) => {
                  const entry = shown[index];
                  return entry ? (
                    <div
                      key={index}
                      data-index={index}
                      ref={virtualizer.measureElement}
                      className={classes.line}
                      data-level={levelOf(entry.content)}
                    >
                      {times && entry.timeStamp && (
                        <span className={classes.time}>{entry.timeStamp.slice(11, 23)}</span>
                      )}
                      {manyPods && (
                        <span className={classes.pod} title={entry.podName}>
                          {entry.podName}
                        </span>
                      )}
                      <span className={classes.text}>
                        <Coloured text={entry.content} />
                      </span>
                    </div>
                  ) : null;
                })}
              </div>
            </div>
          </div>
          {unseen > 0 && !pinned.current && (
            <Button
              className={classes.jump ?? ''}
              size="compact-sm"
              leftSection={<IconArrowDown size={14} />}
              onClick={() => {
                pinned.current = true;
                virtualizer.scrollToIndex(shown.length - 1, { align: 'end' });
              }}
            >
              Latest, {unseen} new
            </Button>
          )}
        </div>
      )}
      <div className={classes.foot}>
        <span>{filter.trim() === '' ? `${shown.length} lines` : `${shown.length} of ${entries.length} lines`}</span>
        <span>{ended ? 'End of the logs' : follow && !previous ? 'Following' : ''}</span>
      </div>
    </div>
  );
}

function Toggle({
  label,
  on,
  onClick,
  icon,
}: {
  label: string;
  on: boolean;
  onClick: () => void;
  icon: React.ReactNode;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        aria-pressed={on}
        variant={on ? 'light' : 'subtle'}
        color={on ? 'iris' : 'gray'}
        onClick={onClick}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

const ansiColours: Record<string, string> = {
  'ansi-red': 'var(--ls-degraded)',
  'ansi-bright-red': 'var(--ls-degraded)',
  'ansi-green': 'var(--ls-healthy)',
  'ansi-bright-green': 'var(--ls-healthy)',
  'ansi-yellow': 'var(--ls-outofsync)',
  'ansi-bright-yellow': 'var(--ls-outofsync)',
  'ansi-blue': 'var(--ls-progressing)',
  'ansi-bright-blue': 'var(--ls-progressing)',
  'ansi-cyan': 'var(--ls-progressing)',
  'ansi-magenta': 'var(--ls-missing)',
};

/** Terminal colours as ours; never as HTML from the log. */
function Coloured({ text }: { text: string }) {
  if (!text.includes('\u001b')) return text;
  return Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one line never move
    <span key={index} style={part.fg ? { color: ansiColours[part.fg] ?? 'inherit' } : {}}>
      {part.content}
    </span>
  ));
}
