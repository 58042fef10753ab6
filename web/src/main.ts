import './page.css'
import { TownHallChat } from './chat/town-hall-chat'

// The page of the desk itself. `#<session>` in its address opens that session.
const chat = new TownHallChat()
if (import.meta.env.DEV) chat.server = 'http://localhost:8000'
chat.session = decodeURIComponent(location.hash.slice(1))
document.body.append(chat)
