import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { sessionQueries } from '../../features/session/queries.ts';
import classes from './shell.module.css';

const loadMenu = () => import('./user-menu.tsx');
const UserMenu = lazy(loadMenu);

/** Who is signed in; pressing it loads and opens the account menu. */
export function UserButton() {
  const user = useQuery(sessionQueries.user());
  const [used, setUsed] = useState(false);
  const name = user.data?.username ?? '';
  const initials = name.slice(0, 2).toUpperCase();
  const shared = {
    type: 'button' as const,
    className: classes.avatar,
    'aria-label': `${initials}, account menu of ${name}`,
    children: initials,
  };
  const unopened = (
    <button
      {...shared}
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={() => void loadMenu()}
      onFocus={() => void loadMenu()}
      onClick={() => setUsed(true)}
    />
  );
  if (!used) return unopened;
  return (
    <Suspense fallback={unopened}>
      <UserMenu name={name} groups={user.data?.groups ?? []}>
        <button {...shared} />
      </UserMenu>
    </Suspense>
  );
}
