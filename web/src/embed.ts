// One file for the script tag of any site; it defines <town-hall-chat>.
export { TownHallChat } from './chat/town-hall-chat'
