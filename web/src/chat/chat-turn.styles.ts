import { css } from 'lit'

export const conversation = css`
  :host {
    display: grid;
    gap: 1.25rem;
    container-type: inline-size;
  }

  .asked {
    display: grid;
    justify-items: end;
    gap: 0.25rem;
  }

  .asked p {
    max-inline-size: min(85%, 34rem);
    padding: 0.7rem 1.1rem;
    border-radius: var(--radius) var(--radius) 4px var(--radius);
    background: var(--bubble);
    color: var(--on-bubble);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }

  small {
    color: var(--ink-soft);
    font-size: 0.875rem;
  }

  .answer {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0.9rem;
  }

  .who {
    display: grid;
    place-items: center;
    inline-size: 2.25rem;
    block-size: 2.25rem;
    border-radius: 50%;
    background: var(--accent-soft);
    color: var(--accent);
  }

  .who .mark {
    inline-size: 1.4rem;
    block-size: 1.4rem;
  }

  .said {
    display: grid;
    gap: 0.9rem;
    padding-block-start: 0.3rem;
  }

  .line {
    display: flex;
    gap: 0.6rem;
    align-items: center;
    color: var(--ink-soft);
    font-size: 0.9375rem;
  }

  .line.over .icon {
    color: var(--good);
  }

  .lost {
    padding: 0.5rem 0.8rem;
    border-radius: calc(var(--radius) - 4px);
    background: var(--warn);
    color: var(--ink);
  }

  .notice {
    padding: 0.6rem 0.9rem;
    border-inline-start: 4px solid var(--accent);
    background: var(--accent-soft);
  }

  .notice.warning {
    border-color: var(--warn-line);
    background: var(--warn);
  }

  .failure {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem 1rem;
    align-items: center;
    justify-content: space-between;
    padding: 0.75rem 1rem;
    border: 1px solid var(--warn-line);
    border-radius: calc(var(--radius) - 4px);
    background: var(--warn);
  }

  .failure p {
    display: flex;
    flex: 1 1 14rem;
    gap: 0.6rem;
    overflow-wrap: anywhere;
  }

  .said > button {
    justify-self: start;
  }

  .dots {
    flex: none;
    inline-size: 1.5rem;
    block-size: 0.5rem;
    background: radial-gradient(circle, var(--accent) 60%, transparent 62%) 0 50% / 0.5rem 0.5rem;
    animation: breathe 1.4s ease-in-out infinite;
  }

  @keyframes breathe {
    50% {
      opacity: 0.25;
    }
  }

  @container (max-width: 30rem) {
    .answer {
      grid-template-columns: minmax(0, 1fr);
      gap: 0.4rem;
    }
  }
`
