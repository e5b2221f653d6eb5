/** Starts the console in the browser. */
import '@mantine/core/styles.css'
import './styles.css'
import { onlineManager } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

// The server may be this very machine: it is asked, whether the browser has a network or not.
onlineManager.setEventListener(() => undefined)

createRoot(document.getElementById('root') as HTMLElement).render(<App />)
