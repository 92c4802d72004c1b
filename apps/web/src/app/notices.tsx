import { Notifications } from '@mantine/notifications';

/** Where short messages appear: what was done, or that something was refused. */
export default function Notices() {
  return <Notifications position="bottom-right" containerWidth={360} />;
}
