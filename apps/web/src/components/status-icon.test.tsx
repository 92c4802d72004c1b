import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderWithProviders } from '../testing/render.tsx';
import { StatusBadge, StatusIcon } from './status-icon.tsx';

const tones = ['healthy', 'progressing', 'degraded', 'outofsync', 'missing', 'suspended', 'unknown', 'prune'] as const;

it('draws another shape for every tone, so that none depends on colour', () => {
  const { container } = renderWithProviders(tones.map((tone) => <StatusIcon key={tone} tone={tone} />));
  const shapes = [...container.querySelectorAll('svg')].map((icon) => icon.innerHTML);
  expect(shapes).toHaveLength(tones.length);
  expect(new Set(shapes).size).toBe(tones.length);
});

it('has a name where it stands alone and none beside its text', () => {
  renderWithProviders(
    <>
      <StatusIcon tone="degraded" label="Degraded" />
      <StatusBadge tone="healthy">Healthy</StatusBadge>
    </>,
  );
  expect(screen.getAllByRole('img').map((icon) => icon.getAttribute('aria-label'))).toEqual(['Degraded']);
  expect(screen.getByText('Healthy')).toBeTruthy();
});
