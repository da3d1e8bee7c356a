// The buttons of the panels: an icon, words, or both.
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons";

interface ButtonProps {
  icon?: IconName;
  /** What it does: the tooltip, and the accessible name where there are no words. */
  title: string;
  testid?: string;
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
  /** What a form is for. */
  primary?: boolean;
  onClick?(): void;
  children?: ComponentChildren;
}

/**
 * A button that cannot be used now keeps the keyboard's focus (aria-disabled), or the keys that
 * follow the click that disabled it, such as Ctrl+Z, would go to the page.
 */
export function Button(props: ButtonProps) {
  const { icon, title, testid, pressed, expanded, disabled = false, onClick, children } = props;
  const primary = props.primary || undefined;
  return (
    <button
      type={onClick ? "button" : "submit"}
      class={`dataview-button ${children ? "dataview-text-button" : ""}`}
      title={title}
      aria-label={children ? undefined : title}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-disabled={disabled}
      data-primary={primary}
      data-testid={testid}
      onClick={disabled ? undefined : onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
