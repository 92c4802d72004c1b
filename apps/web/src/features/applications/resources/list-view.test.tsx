import { fireEvent, screen } from '@testing-library/react';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { renderWithProviders } from '../../../testing/render.tsx';
import type { ResourceItem } from './build-tree.ts';
import { ListView } from './list-view.tsx';

// Without a layout nothing is visible to a virtual list: give every element a height.
const height = Object.getOwnPropertyDescriptor(HTMLElement.prototype, 'clientHeight');
beforeAll(() => Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 600 }));
afterAll(() => height && Object.defineProperty(HTMLElement.prototype, 'clientHeight', height));

const item = (
  kind: string,
  name: string,
  status: 'Healthy' | 'Degraded',
  children: ResourceItem[] = [],
): ResourceItem => ({
  id: `/${kind}/n/${name}`,
  ref: { kind, name, namespace: 'n' },
  health: { status },
  requiresPruning: false,
  wave: 0,
  info: [],
  images: [],
  children,
});

const roots = [
  item('Service', 'web', 'Healthy', [item('EndpointSlice', 'web-x', 'Healthy')]),
  item('Deployment', 'api', 'Degraded', [item('Pod', 'api-1', 'Degraded')]),
];
const rows = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.textContent?.replace(/–.*/, ''));

it('shows what needs attention first and opens the way to it', () => {
  renderWithProviders(<ListView roots={roots} selected={undefined} onOpen={() => undefined} expandAll={false} />);
  expect(rows().map((text) => text?.match(/^[\w-]+ \w+?(?=Degraded|Healthy)/)?.[0])).toEqual([
    'api Deployment',
    'api-1 Pod',
    'web Service',
  ]);
});

it('opens and closes branches and resources with the keyboard', () => {
  const onOpen = vi.fn();
  renderWithProviders(<ListView roots={roots} selected={undefined} onOpen={onOpen} expandAll={false} />);
  const web = screen.getByText('web').closest<HTMLElement>('[role="row"]');
  if (!web) throw new Error('no row for web');
  expect(web.getAttribute('aria-expanded')).toBe('false');
  fireEvent.keyDown(web, { key: 'ArrowRight' });
  expect(screen.getByText('web-x')).toBeTruthy();
  fireEvent.keyDown(web, { key: 'ArrowLeft' });
  expect(screen.queryByText('web-x')).toBeNull();
  fireEvent.keyDown(web, { key: 'Enter' });
  expect(onOpen).toHaveBeenCalledWith('/Service/n/web');
});
