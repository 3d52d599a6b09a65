// Follows the inbox: one question is always open, and the server answers it when a message comes.

const waitS = 25
const take = 100
const longestPauseMs = 15_000

/**
 * Never ends. After a failure it asks again, later each time, and then for the whole list: the server
 * may have been started anew with another inbox.
 *
 * @param {object} handlers
 * @param {(messages: object[]) => void} handlers.onAll the newest messages, newest first
 * @param {(messages: object[]) => void} handlers.onNew messages newer than all before, newest first
 * @param {() => void} handlers.onLive
 * @param {(reason: string, retryAt: number) => void} handlers.onLost `retryAt` in epoch milliseconds
 * @returns {{ retryNow(): void }}
 */
export function followInbox({ onAll, onNew, onLive, onLost }) {
  let wake = () => {}
  void follow()
  return { retryNow: () => wake() }

  async function follow() {
    for (let failures = 0; ; failures += 1) {
      try {
        await listen(() => {
          failures = 0
        })
      } catch (error) {
        const pauseMs = Math.min(1000 * 2 ** failures, longestPauseMs)
        onLost(error instanceof Refused ? error.message : 'Connection lost.', Date.now() + pauseMs)
        await new Promise((resolve) => {
          wake = resolve
          setTimeout(resolve, pauseMs)
        })
      }
    }
  }

  async function listen(onAnswer) {
    const all = await ask({ take })
    onAnswer()
    onLive()
    onAll(all)
    let newest = all[0]?.id
    for (;;) {
      const asked = Date.now()
      const news = await ask({
        take,
        wait: waitS,
        ...(newest === undefined ? {} : { after: newest }),
      })
      if (news.length > 0) {
        newest = news[0].id
        onNew(news)
      } else if (Date.now() - asked < 1000) {
        // A server that will not wait is asked gently.
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    }
  }
}

class Refused extends Error {}

async function ask(query) {
  const answer = await fetch(`/inbox/messages?${new URLSearchParams(query)}`, {
    cache: 'no-store',
    // A connection that died in silence is noticed, too.
    signal: AbortSignal.timeout(((query.wait ?? 0) + 10) * 1000),
  })
  if (answer.status === 404) throw new Refused('The inbox is switched off.')
  if (answer.status === 403) throw new Refused('The inbox answers only on its own machine.')
  if (!answer.ok) throw new Refused(`The server answered ${answer.status}.`)
  return (await answer.json()).messages
}
