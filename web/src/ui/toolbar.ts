// A toolbar is one stop for Tab; within it arrows go from control to control.

const CONTROLS = 'button, select';

/** `reachable` tells whether Tab stops in it at all. */
export function toolbar(node: HTMLElement, reachable: boolean): { update(reachable: boolean): void; destroy(): void } {
  let stop: HTMLElement | undefined;
  let open = reachable;

  const controls = (): HTMLElement[] => [...node.querySelectorAll<HTMLElement>(CONTROLS)].filter((control) => !control.matches(':disabled, [popover] *'));
  const arrange = (): void => {
    const all = controls();
    if (!stop || !all.includes(stop)) stop = all[0];
    for (const control of node.querySelectorAll<HTMLElement>(CONTROLS)) if (!control.matches('[popover] *')) control.tabIndex = open && control === stop ? 0 : -1;
  };
  const entered = (event: FocusEvent): void => {
    const control = (event.target as HTMLElement).closest<HTMLElement>(CONTROLS);
    if (!control || !controls().includes(control)) return;
    stop = control;
    arrange();
  };
  const keyed = (event: KeyboardEvent): void => {
    const all = controls();
    const at = all.indexOf(event.target as HTMLElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    all[to % all.length]?.focus();
  };
  // A control that is disabled or comes anew may be the one that Tab stops at.
  const observer = new MutationObserver(arrange);

  observer.observe(node, { subtree: true, childList: true, attributeFilter: ['disabled'] });
  node.addEventListener('focusin', entered);
  node.addEventListener('keydown', keyed);
  arrange();
  return {
    update: (now) => {
      open = now;
      arrange();
    },
    destroy: () => observer.disconnect(),
  };
}
