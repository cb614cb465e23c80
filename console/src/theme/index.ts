/** Mantine in our look: its variables point at ours (tokens.css), so no colour is said twice. */
import {
  Button,
  Checkbox,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  Modal,
  NativeSelect,
  Radio,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';

const COLORS = ['dusk', 'ember', 'moss', 'amber'] as const;

/** Mantine wants ten shades of a colour; what is drawn goes by the variables below. */
const shades = (name: string) =>
  Array.from({ length: 10 }, () => `var(--${name})`) as [string, string, ...string[]] as never;

export const theme = createTheme({
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  primaryColor: 'dusk',
  colors: Object.fromEntries(COLORS.map((name) => [name, shades(name)])),
  defaultRadius: 8,
  cursorType: 'pointer',
  respectReducedMotion: true,
  // On a filled button in the dark the ground is light.
  variantColorResolver: (input) => {
    const resolved = defaultVariantColorsResolver(input);
    return input.variant === 'filled' ? { ...resolved, color: 'var(--on-fill)' } : resolved;
  },
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    Tooltip: Tooltip.extend({
      defaultProps: { multiline: true, maw: 320, events: { hover: true, focus: true, touch: true } },
    }),
    Modal: Modal.extend({
      defaultProps: { centered: true, radius: 12, overlayProps: { backgroundOpacity: 0.45 } },
    }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'sm', autosize: true, minRows: 2 } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { size: 'sm' } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'sm' } }),
    Radio: Radio.extend({ defaultProps: { size: 'sm' } }),
  },
});

const ofColor = (name: string): Record<string, string> => ({
  [`--mantine-color-${name}-filled`]: `var(--${name})`,
  [`--mantine-color-${name}-filled-hover`]: `var(--${name}-strong)`,
  [`--mantine-color-${name}-light`]: `var(--${name}-soft)`,
  [`--mantine-color-${name}-light-hover`]: `var(--${name}-soft)`,
  [`--mantine-color-${name}-light-color`]: `var(--${name})`,
  [`--mantine-color-${name}-outline`]: `var(--${name})`,
  [`--mantine-color-${name}-outline-hover`]: `var(--${name}-soft)`,
  [`--mantine-color-${name}-text`]: `var(--${name})`,
});

const VARIABLES = {
  ...Object.assign({}, ...COLORS.map(ofColor)),
  '--mantine-color-body': 'var(--sheet)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-bright': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--soft)',
  '--mantine-color-placeholder': 'var(--faint)',
  '--mantine-color-error': 'var(--ember)',
  '--mantine-color-default': 'var(--sheet)',
  '--mantine-color-default-hover': 'var(--paper)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--edge)',
  '--mantine-color-disabled': 'var(--paper)',
  '--mantine-color-disabled-color': 'var(--faint)',
  '--mantine-color-disabled-border': 'var(--line)',
};

/** One set for both schemes: our variables know which it is. */
export const variables: CSSVariablesResolver = () => ({ variables: {}, light: VARIABLES, dark: VARIABLES });
