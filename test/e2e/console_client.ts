/** A browser's requests to the console, with nothing hidden: headers and cookies are what a test says. */
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Of JSON; null for what is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly body: any
}

export interface Ask {
  readonly method?: string
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
}

/** A page of the console in a browser: it says where it comes from, and keeps the cookies. */
export class ConsoleClient {
  readonly url: URL
  readonly cookies = new Map<string, string>()
  /** As the server has set them. */
  readonly setCookies: string[] = []
  /** All that came, for tests to search. */
  transcript = ''

  constructor(url: string) {
    this.url = new URL(url)
  }

  async post(path: string, body: object = {}): Promise<Answer> {
    return await this.ask(path, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        origin: this.url.origin,
        'sec-fetch-site': 'same-origin',
      },
    })
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return await this.ask(path, { headers })
  }

  ask(path: string, { method = 'GET', body, headers = {} }: Ask): Promise<Answer> {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const sent = { ...(cookie === '' ? {} : { cookie }), ...headers }
    return new Promise((resolve, reject) => {
      const asked = request(
        new URL(path, this.url),
        { method, headers: sent, rejectUnauthorized: false, agent: false },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            text += chunk
          })
          response.on('end', () => {
            this.#keep(response.headers['set-cookie'] ?? [])
            this.transcript += `${text}\n`
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              body: parsed(text),
            })
          })
        },
      )
      asked.on('error', reject)
      asked.end(typeof body === 'object' ? JSON.stringify(body) : body)
    })
  }

  #keep(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      this.setCookies.push(cookie)
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
