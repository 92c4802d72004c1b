import { pino } from 'pino';

/** What the product logs with: pino's shape, so that Fastify can take it as it is. */
export type Logger = import('pino').Logger;

/** JSON lines on stderr, never with request bodies, credentials or manifests. `level` is a pino level or `silent`. */
export function createLogger({ level, role }: { level: string; role: string }): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          '*.password',
          '*.token',
          '*.bearerToken',
          '*.authorization',
          '*.headers.authorization',
          '*.headers.cookie',
        ],
        censor: '***',
      },
    },
    pino.destination({ fd: 2, sync: false }),
  );
}

/** A logger that says nothing, for tests and for parts that run without one. */
export const silentLogger: Logger = pino({ level: 'silent' });
