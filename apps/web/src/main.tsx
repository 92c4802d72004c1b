import './styles/tokens.css';
import './styles/mantine-components.ts';
import './styles/mantine.css';
import './styles/base.css';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Providers } from './app/providers.tsx';
import { createAppRouter } from './app/router.tsx';
import { setUnauthorizedHandler } from './lib/api-client.ts';
import { createQueryClient } from './lib/query-client.ts';
import { setSessionExpired } from './lib/session-events.ts';
import { LiveStream } from './lib/stream.ts';

const queryClient = createQueryClient();
const stream = new LiveStream({
  onExpired: () => setSessionExpired(true),
  onPoll: () => void queryClient.invalidateQueries({ refetchType: 'active' }),
});
const router = createAppRouter(queryClient);
setUnauthorizedHandler(() => setSessionExpired(true));

// A deployment replaced the files this page was built with: load the new ones, once.
window.addEventListener('vite:preloadError', () => {
  if (sessionStorage.getItem('lockstep.reloaded') === '1') return;
  sessionStorage.setItem('lockstep.reloaded', '1');
  window.location.reload();
});
window.addEventListener('load', () => setTimeout(() => sessionStorage.removeItem('lockstep.reloaded'), 10_000));

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element #root');
createRoot(root).render(
  <StrictMode>
    <Providers queryClient={queryClient} stream={stream}>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
);
