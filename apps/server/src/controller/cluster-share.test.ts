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
    expect(share.give('hung')).toEqual(key('c'));
    expect(share.take('hung', key('c'))).toBe(true);
    expect(share.give('hung')).toEqual(key('d'));
    expect(share.take('hung', key('d'))).toBe(true);
    expect([share.give('hung'), share.give('hung'), share.give('other')]).toEqual([undefined, undefined, undefined]);
  });

  it('forgets that somebody waited who came again by itself', () => {
    const share = new ClusterShare(1);
    share.take('hung', key('a'));
    share.take('hung', key('b'));
    share.take('hung', key('c'));
    expect(share.give('hung')).toEqual(key('b'));
    expect(share.take('hung', key('c'))).toBe(true);
    expect(share.give('hung')).toBeUndefined();
  });
});
