import './page.css'
import './chatkit.css'
import { openChatKit } from './chatkit/page'

// The page with OpenAI's ChatKit widget. `#<session>` in its address opens that session.
const server = import.meta.env.DEV ? 'http://localhost:8000' : location.origin
void openChatKit(server, decodeURIComponent(location.hash.slice(1)) || null)
