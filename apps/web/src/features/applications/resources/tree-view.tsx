import '@xyflow/react/dist/base.css';
import { ActionIcon } from '@mantine/core';
import { IconFocusCentered, IconMinus, IconPlus } from '@tabler/icons-react';
import {
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { createContext, type KeyboardEvent, use, useEffect, useMemo, useRef, useState } from 'react';
import { KindIcon } from '../../../components/kind-icon.tsx';
import { LogoMark } from '../../../components/logo.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusIcon } from '../../../components/status-icon.tsx';
import { healthTone } from '../../../lib/status.ts';
import { formatAbsolute } from '../../../lib/time.ts';
import type { ResourceItem } from './build-tree.ts';
import { type Card, type Direction, layoutTree, maxPodDots, neighbour, type PlacedCard } from './layout-tree.ts';
import { itemLabel, itemTone } from './resource-status.ts';
import classes from './resources.module.css';

interface TreeViewProps {
  applicationName: string;
  health: string | undefined;
  roots: ResourceItem[];
  collapseCalm: boolean;
  selected: string | undefined;
  onOpen: (id: string) => void;
}

interface TreeState {
  applicationName: string;
  health: string | undefined;
  selected: string | undefined;
  focused: string;
  onOpen: (id: string) => void;
  onToggle: (id: string, open: boolean) => void;
}

const TreeContext = createContext<TreeState | null>(null);

type CardNode = Node<{ card: Card }, 'card'>;
const nodeTypes = { card: CardNodeView };

/** The ownership tree. Everything it can do, the list beside it can do too. */
export default function TreeView(props: TreeViewProps) {
  return (
    <ReactFlowProvider>
      <Tree {...props} />
    </ReactFlowProvider>
  );
}

const arrows: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };

function Tree({ applicationName, health, roots, collapseCalm, selected, onOpen }: TreeViewProps) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [focused, setFocused] = useState('application');
  const canvas = useRef<HTMLDivElement>(null);
  const flow = useReactFlow();
  const cards = useMemo(() => layoutTree(roots, { collapseCalm, toggled }), [roots, collapseCalm, toggled]);
  const nodes = useMemo(() => cards.map(toNode), [cards]);
  const edges = useMemo(() => cards.flatMap(toEdge), [cards]);
  const shape = useMemo(() => cards.map((card) => card.id).join('\n'), [cards]);

  // Start at the application with as much of the tree as is still legible.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another set of cards moves the view
  useEffect(() => {
    const frame = requestAnimationFrame(() => showStart());
    return () => cancelAnimationFrame(frame);
  }, [shape]);

  const showStart = () => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box || cards.length === 0) return;
    const bottom = Math.max(...cards.map((card) => card.y + card.height));
    const right = Math.max(...cards.map((card) => card.x + card.width));
    const zoom = Math.min(1, Math.max(0.86, Math.min((box.width - 72) / right, (box.height - 56) / bottom)));
    const x = Math.max(28, Math.min((box.width - right * zoom) / 2, 96));
    const y = Math.max(28, Math.min((box.height - bottom * zoom) / 2, 64));
    void flow.setViewport({ x, y, zoom });
  };

  const focusCard = (card: PlacedCard) => {
    setFocused(card.id);
    void flow
      .setCenter(card.x + card.width / 2, card.y + card.height / 2, { zoom: flow.getZoom(), duration: 0 })
      .then(() => {
        requestAnimationFrame(() =>
          canvas.current?.querySelector<HTMLElement>(`[data-card="${CSS.escape(card.id)}"]`)?.focus(),
        );
      });
  };

  const handleKey = (event: KeyboardEvent) => {
    const direction = arrows[event.key];
    if (!direction) return;
    event.preventDefault();
    const current = cards.find((card) => card.id === focused);
    if (
      direction === 'right' &&
      current?.card.type === 'resource' &&
      current.card.expandable &&
      !current.card.expanded
    ) {
      setToggled(new Map(toggled).set(current.id, true));
      return;
    }
    const next = cards.find((card) => card.id === neighbour(cards, focused, direction));
    if (next) focusCard(next);
  };

  const state: TreeState = {
    applicationName,
    health,
    selected,
    focused,
    onOpen,
    onToggle: (id, open) => setToggled(new Map(toggled).set(id, open)),
  };

  return (
    <TreeContext value={state}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys bubble up from the cards */}
      <div ref={canvas} className={classes.canvas} onKeyDown={handleKey}>
        <p className="visually-hidden">
          Resource tree. Arrow keys move between resources, Enter opens one. The List view shows the same as a table.
        </p>
        <ReactFlow<CardNode>
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          onlyRenderVisibleElements
          panOnScroll
          zoomOnDoubleClick={false}
          minZoom={0.2}
          maxZoom={1.4}
          proOptions={{ hideAttribution: true }}
        />
        <div className={classes.tools}>
          <ActionIcon size={32} radius={0} aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
            <IconPlus size={16} />
          </ActionIcon>
          <ActionIcon size={32} radius={0} aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
            <IconMinus size={16} />
          </ActionIcon>
          <ActionIcon
            size={32}
            radius={0}
            aria-label="Show the whole tree"
            onClick={() => void flow.fitView({ padding: 0.08 })}
          >
            <IconFocusCentered size={16} />
          </ActionIcon>
        </div>
      </div>
    </TreeContext>
  );
}

function toNode({ id, card, x, y, width, height }: PlacedCard): CardNode {
  return { id, type: 'card', position: { x, y }, width, height, data: { card }, style: { pointerEvents: 'all' } };
}

function toEdge({ id, parentId }: PlacedCard): Edge[] {
  return parentId === undefined
    ? []
    : [
        {
          id: `${parentId} ${id}`,
          source: parentId,
          target: id,
          type: 'smoothstep',
          focusable: false,
          style: { stroke: 'var(--ls-border-strong)', strokeOpacity: 0.6, strokeWidth: 1.25, fill: 'none' },
        },
      ];
}

function CardNodeView({ id, data }: NodeProps<CardNode>) {
  const { card } = data;
  return (
    <>
      {card.type !== 'application' && (
        <Handle type="target" position={Position.Left} style={{ opacity: 0, pointerEvents: 'none' }} />
      )}
      {card.type === 'application' ? (
        <ApplicationCard />
      ) : card.type === 'resource' ? (
        <ResourceCard {...card} />
      ) : card.type === 'pods' ? (
        <PodsCard id={id} pods={card.pods} />
      ) : (
        <FoldCard {...card} />
      )}
      <Handle type="source" position={Position.Right} style={{ opacity: 0, pointerEvents: 'none' }} />
    </>
  );
}

function useTree(): TreeState {
  const state = use(TreeContext);
  if (!state) throw new Error('A card needs a TreeContext above it');
  return state;
}

function ApplicationCard() {
  const { applicationName, health, focused } = useTree();
  return (
    <button
      type="button"
      className={`nopan ${classes.card} ${classes.app}`}
      data-card="application"
      tabIndex={focused === 'application' ? 0 : -1}
    >
      <LogoMark size={20} />
      <span style={{ minWidth: 0 }}>
        <span className={classes.name} title={applicationName}>
          {applicationName}
        </span>
        <span className={classes.kind}>Application · {health ?? 'Unknown'}</span>
      </span>
    </button>
  );
}

function ResourceCard({ id, item, hidden, expandable, expanded }: Extract<Card, { type: 'resource' }>) {
  const { selected, focused, onOpen, onToggle } = useTree();
  const { ref } = item;
  const restarts = item.info.find((each) => each.name === 'Restart Count')?.value;
  const detail = [
    ref.kind,
    item.wave !== 0 && `wave ${item.wave}`,
    item.info.find((each) => each.name === 'Revision')?.value,
    restarts && `${restarts} restarts`,
  ]
    .filter(Boolean)
    .join(' · ');
  return (
    <>
      <button
        type="button"
        className={`nopan ${classes.card}`}
        data-card={id}
        data-tone={itemTone(item)}
        {...(selected === id && { 'data-selected': true })}
        tabIndex={focused === id ? 0 : -1}
        onClick={() => onOpen(id)}
      >
        <span className={classes.kindIcon}>
          <KindIcon kind={ref.kind} size={19} />
        </span>
        <span style={{ minWidth: 0 }}>
          <span className={classes.name} title={ref.name}>
            {middle(ref.name)}
          </span>
          <span
            className={classes.kind}
            title={item.createdAt ? `${detail}, created ${formatAbsolute(item.createdAt)}` : detail}
          >
            {detail}
            {item.createdAt && ref.kind === 'ReplicaSet' && (
              <>
                {' · '}
                <RelativeTime value={item.createdAt} tooltip={false} />
              </>
            )}
          </span>
        </span>
        <span className={classes.icons}>
          {item.health?.status && (
            <StatusIcon tone={healthTone(item.health.status)} size={16} label={item.health.status} />
          )}
          {item.requiresPruning ? (
            <StatusIcon tone="prune" size={16} label="To be pruned" />
          ) : (
            item.sync === 'OutOfSync' && <StatusIcon tone="outofsync" size={16} label="OutOfSync" />
          )}
        </span>
      </button>
      {expandable && (
        <button
          type="button"
          className={`nopan ${classes.toggle}`}
          tabIndex={-1}
          aria-label={expanded ? `Hide what is below ${ref.name}` : `${hidden} below ${ref.name}, show`}
          onClick={() => onToggle(id, !expanded)}
        >
          {expanded ? <IconMinus size={12} /> : hidden}
        </button>
      )}
    </>
  );
}

function PodsCard({ id, pods }: { id: string; pods: ResourceItem[] }) {
  const { selected, focused, onOpen } = useTree();
  const ready = pods.filter((pod) => pod.health?.status === 'Healthy').length;
  const sorted = [...pods].sort(
    (a, b) => Number(a.health?.status === 'Healthy') - Number(b.health?.status === 'Healthy'),
  );
  const shown = sorted.slice(0, maxPodDots);
  return (
    <div className={classes.pods}>
      <div className={classes.podsHead}>
        <span>{pods.length === 1 ? '1 Pod' : `${pods.length} Pods`}</span>
        <span>
          {ready} of {pods.length} ready
        </span>
      </div>
      <div className={classes.dots}>
        {shown.map((pod, index) => (
          <button
            key={pod.id}
            type="button"
            className={`nopan ${classes.dot}`}
            {...(index === 0 && { 'data-card': id })}
            {...(selected === pod.id && { 'data-selected': true })}
            tabIndex={index === 0 && focused === id ? 0 : -1}
            aria-label={itemLabel(pod)}
            title={`${pod.ref.name}: ${pod.info.find((each) => each.name === 'Status Reason')?.value ?? pod.health?.status ?? 'Unknown'}`}
            onClick={() => onOpen(pod.id)}
          >
            <StatusIcon tone={healthTone(pod.health?.status)} size={14} />
          </button>
        ))}
      </div>
    </div>
  );
}

function FoldCard({ id, label, items }: Extract<Card, { type: 'fold' }>) {
  const { focused, onToggle } = useTree();
  return (
    <button
      type="button"
      className={`nopan ${classes.card} ${classes.fold}`}
      data-card={id}
      tabIndex={focused === id ? 0 : -1}
      onClick={() => onToggle(id, true)}
    >
      <StatusIcon tone="healthy" size={15} />
      <span className={classes.name}>
        {label} <span className={classes.dim}>({items.length})</span>
      </span>
      <IconPlus size={15} />
    </button>
  );
}

/** Long names differ at their ends, so the middle is what is left out. */
function middle(name: string): string {
  return name.length <= 20 ? name : `${name.slice(0, 9)}…${name.slice(-8)}`;
}
