/** Seconds a Pod takes on a real cluster from bound to ready, with its image in the neighbourhood. */
const REAL_POD_START_MS = 2000;

/** The sandbox's clockwork: how long things take, and how much shorter that is than on a real cluster. */
export interface Timing {
  podStartupMs: number;
  /** Shortens a delay that is only cluster mechanics (probe delay, back-off), never one the user's command asks for. */
  scaled(realMs: number): number;
}

export function timingOf(podStartupMs: number): Timing {
  const scale = Math.min(1, podStartupMs / REAL_POD_START_MS);
  return { podStartupMs, scaled: (realMs) => Math.round(realMs * scale) };
}

/** RFC 3339 with seconds, as Kubernetes writes `metav1.Time`. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
