/** What the address of the list says. */
export interface ListSearch {
  q?: string;
  /** A column, with a leading minus for descending. */
  sort?: string;
  view?: 'table' | 'tiles';
  new?: 'form' | 'yaml';
  /** The application whose plan is open: `namespace/name`. */
  plan?: string;
}

export type ApplicationTab = 'resources' | 'diff' | 'operation' | 'history' | 'events' | 'logs' | 'details';
export type ResourcePane = 'summary' | 'diff' | 'live' | 'target' | 'events' | 'logs';

/** What the address of an application says: every panel, drawer and dialog can be linked to. */
export interface ApplicationSearch {
  tab?: ApplicationTab;
  view?: 'tree' | 'list';
  q?: string;
  /** The resource in the drawer: `group/kind/namespace/name`. */
  node?: string;
  pane?: ResourcePane;
  /** The resource in view on the Diff tab, as `node`. */
  file?: string;
  plan?: true;
  /** The history entry in the rollback dialog. */
  rollback?: number;
  /** The history entry compared with the current one. */
  compare?: number;
  delete?: true;
  pod?: string;
  container?: string;
}
