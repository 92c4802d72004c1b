import { createTheme } from '@mantine/core';

/** Mantine in our colours. Neutral first: ink buttons on quiet surfaces, so that the only loud colours are statuses. */
export const theme = createTheme({
  fontFamily: 'var(--ls-font)',
  fontFamilyMonospace: 'var(--ls-mono)',
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 3 },
  autoContrast: true,
  cursorType: 'pointer',
  defaultRadius: 'sm',
  respectReducedMotion: true,
  radius: { xs: '4px', sm: '7px', md: '9px', lg: '11px', xl: '16px' },
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: {
    fontWeight: '620',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.25' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.3' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.35' },
    },
  },
  colors: {
    iris: [
      '#eeedfd',
      '#dfdcfc',
      '#c5c0fd',
      '#aba4fa',
      '#8b82f0',
      '#6c61e4',
      '#5247d5',
      '#4037b4',
      '#332c8f',
      '#241f66',
    ],
    red: ['#fdebe9', '#f8cac5', '#f0a29b', '#ff8a80', '#d9453b', '#c5332a', '#b3261e', '#951d16', '#741610', '#530f0b'],
    gray: [
      '#fafafb',
      '#f2f2f6',
      '#ececf0',
      '#e2e2e8',
      '#c9c9d2',
      '#a3a3ae',
      '#74747f',
      '#494954',
      '#2e2d38',
      '#17161d',
    ],
    dark: [
      '#edeef0',
      '#b9bcc4',
      '#969ba6',
      '#737884',
      '#2b2e36',
      '#1f2127',
      '#1c1e24',
      '#16181c',
      '#101115',
      '#0d0e11',
    ],
  },
  // By name, not by `Button.extend`: naming a component must not load it.
  components: {
    Button: {
      defaultProps: { size: 'sm' },
      vars: (_theme: unknown, props: { color?: string; variant?: string }) => {
        if (props.variant !== undefined && props.variant !== 'filled') return { root: {} };
        if (props.color === undefined) return { root: filled('ink', 'on-ink') };
        return { root: props.color === 'red' ? filled('danger', 'on-danger') : {} };
      },
    },
    Checkbox: { defaultProps: { radius: 'xs' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 'md' } },
    Input: { defaultProps: { size: 'sm' } },
    Tooltip: {
      defaultProps: {
        openDelay: 350,
        withArrow: false,
        multiline: true,
        maw: 340,
        fz: 'xs',
        events: { hover: true, focus: true, touch: false },
      },
    },
    Menu: {
      defaultProps: {
        shadow: 'md',
        position: 'bottom-end',
        withinPortal: true,
        // A menu owns its items and nothing else that can have the focus; the first item gets it.
        withInitialFocusPlaceholder: false,
      },
    },
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.42 },
        closeButtonProps: { 'aria-label': 'Close' },
        attributes: { header: { role: 'presentation' } },
      },
    },
    // A header element outside an article is a landmark of the page, which the head of a dialog is not.
    Drawer: {
      defaultProps: {
        overlayProps: { backgroundOpacity: 0.42 },
        attributes: { header: { role: 'presentation' } },
      },
    },
    Kbd: { defaultProps: { size: 'xs' } },
    Tabs: { defaultProps: { keepMounted: false } },
  },
});

function filled(background: string, text: string) {
  return {
    '--button-bg': `var(--ls-${background})`,
    '--button-hover': `var(--ls-${background}-hover)`,
    '--button-color': `var(--ls-${text})`,
  };
}
