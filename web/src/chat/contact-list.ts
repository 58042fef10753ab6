import { css, html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { TownProfile } from '../desk/api-types'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** How a person of the town hall is reached. */
@customElement('contact-list')
export class ContactList extends LocalElement {
  static override styles = [
    basics,
    css`
      ul {
        display: grid;
        gap: 0.5rem;
        color: var(--ink-soft);
        font-size: 0.9375rem;
      }

      li {
        display: flex;
        gap: 0.6rem;
        overflow-wrap: anywhere;
      }

      .icon {
        margin-block-start: 0.15em;
        color: var(--accent);
      }

      a {
        color: var(--ink);
      }
    `,
  ]

  @property({ attribute: false }) contact!: TownProfile['contact']

  override render(): TemplateResult {
    const { contact, strings } = this
    return html`<ul>
      <li>
        ${icon('phone')}<span class="visually-hidden">${strings.call}</span>
        <a href="tel:${contact.phone.replace(/[^+\d]/g, '')}">${contact.phone}</a>
      </li>
      <li>
        ${icon('mail')}<span class="visually-hidden">${strings.write}</span>
        <a href="mailto:${contact.email}">${contact.email}</a>
      </li>
      <li>${icon('pin')}<span class="visually-hidden">${strings.visit}</span>${contact.address}</li>
      <li>
        ${icon('clock')}<span class="visually-hidden">${strings.openHours}</span>${contact.hours}
      </li>
    </ul>`
  }
}
