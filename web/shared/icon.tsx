/** Line icons on a 24-unit grid, drawn for these pages. Decorative: the control around one carries the label. */

const paths = {
  microphone:
    'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M9 21h6',
  'microphone-off':
    'M9 8.5V11a3 3 0 0 0 4.6 2.5M15 10.5V6a3 3 0 0 0-5.7-1.3M5.5 11a6.5 6.5 0 0 0 10 5.5M18.5 11a6.4 6.4 0 0 1-.6 2.7M12 17.5V21M9 21h6M4 3.5l16.5 17',
  camera: 'M3.5 8.5a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2zM15.5 11l5-3v8l-5-3',
  'camera-off':
    'M6.5 6.5h-1a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h8a2 2 0 0 0 1.6-.8M10.5 6.5h3a2 2 0 0 1 2 2v3M15.5 11l5-3v8l-3-1.8M4 3.5l16.5 17',
  screen:
    'M3.5 6a1.5 1.5 0 0 1 1.5-1.5h14A1.5 1.5 0 0 1 20.5 6v9a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 15zM8.5 20h7M12 13.5v-6M9.3 9.8L12 7.2l2.7 2.6',
  'screen-stop':
    'M3.5 6a1.5 1.5 0 0 1 1.5-1.5h14A1.5 1.5 0 0 1 20.5 6v9a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 15zM8.5 20h7M9.8 8.2l4.5 4.5M14.3 8.2l-4.5 4.5',
  leave: 'M10 4.5H6a1.5 1.5 0 0 0-1.5 1.5v12A1.5 1.5 0 0 0 6 19.5h4M15 8l4 4-4 4M19 12H9.5',
  statistics: 'M5 19.5v-6M10 19.5v-12M15 19.5v-9M20 19.5v-15',
  link: 'M10 14a4 4 0 0 0 5.8.3l3-3a4 4 0 0 0-5.7-5.7L11.6 7M14 10a4 4 0 0 0-5.8-.3l-3 3a4 4 0 0 0 5.7 5.7l1.5-1.4',
  check: 'M5 12.5l4.5 4.5L19.5 7',
  people:
    'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.8 19.5a6.3 6.3 0 0 1 12.4 0M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14.2a6.3 6.3 0 0 1 3.2 5.3',
  enlarge: 'M14 4.5h5.5V10M10 19.5H4.5V14M19.5 4.5L13.5 10.5M4.5 19.5l6-6',
  shrink: 'M19.5 10H14V4.5M4.5 14H10v5.5M14 10l6-6M10 14l-6 6',
  warning: 'M12 4L2.8 19.5h18.4zM12 10v4.5M12 17.2v.1',
  information: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.7v.1',
  close: 'M6 6l12 12M18 6L6 18',
  refresh: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15',
  sound: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11',
  chevron: 'M9 5.5l6.5 6.5L9 18.5',
  remove:
    'M10 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.8 19.5a6.3 6.3 0 0 1 11.4-3.6M16.5 16l4.5 4.5M21 16l-4.5 4.5',
  key: 'M8 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12.3 11H21v3.5M17.5 11v2.5',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20.5 20.5',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** Many lines in, one trunk, many lines out. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg class="logo" width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <g stroke="var(--on-accent)" stroke-width="2.3" stroke-linecap="round">
        <path d="M6.5 9c5 0 5 7 9.5 7s4.5-7 9.5-7" />
        <path d="M6.5 23c5 0 5-7 9.5-7s4.5 7 9.5 7" />
        <path d="M6.5 16h19" />
      </g>
      <circle cx="16" cy="16" r="2.9" fill="var(--on-accent)" />
    </svg>
  );
}
