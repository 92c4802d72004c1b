/** Whether shortcuts are pressed with ⌘ here rather than with Ctrl. */
export const isMac: boolean = /Mac|iPhone|iPad/.test(navigator.platform);
