import { Button } from '@mantine/core';
import { IconMapQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { PanelState } from '../../components/panel.tsx';

export function NotFound() {
  return (
    <main>
      <h1 className="visually-hidden">Not found</h1>
      <PanelState
        icon={<IconMapQuestion size={22} />}
        title="There is no page here"
        actions={
          <Button component={Link} to="/applications">
            All applications
          </Button>
        }
      >
        The address may be mistyped, or what it showed has been deleted.
      </PanelState>
    </main>
  );
}
