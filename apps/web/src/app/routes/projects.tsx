import { Projects } from '../../features/projects/projects.tsx';

export function ProjectsPage() {
  return <Projects />;
}
