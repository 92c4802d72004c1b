import { describe, expect, it } from 'vitest';
import { commandOutcome } from './command-outcome.ts';

const sh = (script: string) => commandOutcome({ command: ['/bin/sh', '-c', script] }, 'serves');

describe('commandOutcome', () => {
  it.each([
    ['true', 0, 0],
    ['false', 0, 1],
    ['exit 3', 0, 3],
    ['sleep 2; exit 1', 2000, 1],
    ['sleep 1m && echo done', 60_000, 0],
    ['false || true', 0, 0],
    ['false && sleep 100', 0, 1],
    ['set -e; false; sleep 100', 0, 1],
    ['if [ -f /x ]; then exit 1; fi; echo ok', 0, 0],
    ['for i in 1 2; do echo $i; done; exit 7', 0, 7],
    ["echo 'a; exit 5'", 0, 0],
    ['kubectl patch x; exit 0', 0, 0],
    ['sleep infinity', Number.POSITIVE_INFINITY, 0],
    ['while true; do echo tick; sleep 5; done', Number.POSITIVE_INFINITY, 0],
    ['tail -f /dev/null', Number.POSITIVE_INFINITY, 0],
    ['my-server --port 80', Number.POSITIVE_INFINITY, 0],
  ])('%s runs %i ms and exits with %i', (script, runMs, exitCode) => {
    expect(sh(script)).toMatchObject({ runMs, exitCode });
  });

  it('a program that is not known serves, or ends where work has to end', () => {
    expect(commandOutcome({ command: ['my-tool'] }, 'serves').runMs).toBe(Number.POSITIVE_INFINITY);
    expect(commandOutcome({ command: ['my-tool'] }, 'ends')).toMatchObject({ runMs: 0, exitCode: 0 });
    expect(commandOutcome({}, 'serves').runMs).toBe(Number.POSITIVE_INFINITY);
    expect(commandOutcome({ args: ['--serve'] }, 'serves').runMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('a program that is not there cannot start', () => {
    expect(commandOutcome({ command: ['fail-now'] }, 'serves')).toMatchObject({
      missingProgram: 'fail-now',
      exitCode: 128,
    });
  });

  it('prints what is echoed, when it is, with literal variables filled in', () => {
    const outcome = commandOutcome(
      {
        command: ['sh', '-c', 'echo "hi $NAME"; sleep 1; echo bye > /dev/null'],
        env: [{ name: 'NAME', value: 'you' }],
      },
      'serves',
    );
    expect(outcome.output).toEqual([
      { afterMs: 0, text: 'hi you' },
      { afterMs: 1000, text: 'bye' },
    ]);
  });

  it('an endless loop prints in its rhythm', () => {
    expect(sh('while true; do echo tick; sleep 5; done').output.slice(0, 2)).toEqual([
      { afterMs: 0, text: 'tick' },
      { afterMs: 5000, text: 'tick' },
    ]);
  });
});
