import {
  IconArrowsMaximize,
  IconBolt,
  IconDatabase,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipForward,
  IconPlayerStop,
  IconPlus,
  IconRefresh,
  IconRotateClockwise,
  IconTrash,
} from '@tabler/icons-react';
import type { ResourceAction } from '../../../lib/api-types.ts';

/** Parts of the Font Awesome classes and of the names that actions have, and what looks alike here. The first fits. */
const icons: [RegExp, typeof IconBolt][] = [
  [/trash|delete/, IconTrash],
  [/redo|rotate|restart|retry|undo/, IconRotateClockwise],
  [/sync|refresh|reload|reconcile/, IconRefresh],
  [/forward|promote|skip|merge/, IconPlayerSkipForward],
  [/pause|suspend/, IconPlayerPause],
  [/play|resume|unpause/, IconPlayerPlay],
  [/stop|terminate|abort/, IconPlayerStop],
  [/plus|create/, IconPlus],
  [/expand|scale|arrows/, IconArrowsMaximize],
  [/database|data/, IconDatabase],
];

/** The icon a script or a built-in action names by a Font Awesome class; else what its name suggests. */
export function ActionIcon({ action, size }: { action: Pick<ResourceAction, 'name' | 'iconClass'>; size: number }) {
  const by = (text: string) => icons.find(([pattern]) => pattern.test(text))?.[1];
  const Icon = (action.iconClass && by(action.iconClass)) || by(action.name) || IconBolt;
  return <Icon size={size} />;
}
