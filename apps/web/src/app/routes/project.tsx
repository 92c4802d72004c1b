import { getRouteApi } from '@tanstack/react-router';
import { Project } from '../../features/projects/projects.tsx';

const route = getRouteApi('/shell/settings/projects/$name');

export function ProjectPage() {
  const { name } = route.useParams();
  return <Project name={name} />;
}
