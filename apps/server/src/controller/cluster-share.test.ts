import { describe, expect, it } from 'vitest';
import { ClusterShare } from './cluster-share.ts';

const key = (name: string) => ({ namespace: 'argocd', name });

describe('the share of a cluster', () => {
  it('is limited for each cluster, and names who waited in the order of their asking', () => {
    const share = new ClusterShare(2);
    expect(['a', 'b', 'c', 'd', 'c'].map((name) => share.take('hung', key(name)))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(share.take('other', key('x'))).toBe(true);
    expect(share.pass('hung')).toEqual(key('c'));
    expect(share.pass('hung')).toEqual(key('d'));
    expect([share.pass('hung'), share.pass('hung'), share.pass('other')]).toEqual([undefined, undefined, undefined]);
    expect(share.take('hung', key('a'))).toBe(true);
  });

  it('forgets that somebody waited who came again by itself', () => {
    const share = new ClusterShare(2);
    share.take('hung', key('a'));
    share.take('hung', key('b'));
    share.take('hung', key('c'));
    share.limit = 3;
    expect(share.take('hung', key('c'))).toBe(true);
    expect(share.pass('hung')).toBeUndefined();
  });

  it('takes places back when it shrinks, and none is left to whoever waits when it is cleared', () => {
    const share = new ClusterShare(2);
    for (const name of ['a', 'b', 'c', 'd']) share.take('hung', key(name));
    share.limit = 1;
    expect(share.pass('hung')).toBeUndefined();
    expect(share.pass('hung')).toEqual(key('c'));
    share.clear();
    expect(share.pass('hung')).toBeUndefined();
  });
});
