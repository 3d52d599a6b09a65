import type pg from 'pg'
import { phoneDigitsPgbench, twelveDigits } from './phone-numbers.ts'
import type { RecordedStatement } from './record-statements.ts'

/** A pgbench script and the variables that its command line defines. */
export type CeilingScript = { text: string; variables: Map<string, string>; statements: number }

/** Two sign-ins of one number and one of another: what differs tells what a value depends on. */
export type RecordedSignIns = {
  number: string
  first: readonly RecordedStatement[]
  again: readonly RecordedStatement[]
  other: readonly RecordedStatement[]
}

/**
 * Turns the statements of one sign-in into a pgbench script that does the same for random numbers.
 *
 * The texts stay as they are; only the values change. A word of a value that is the same in both
 * sign-ins of a number belongs to the number, one that is not belongs to the sign-in: its last twelve
 * characters become a number of the transaction. Times and short words stay: they cost the same.
 *
 * @throws Error when the three sign-ins did not send the same statements
 */
export async function ceilingScript(
  client: pg.Client,
  recorded: RecordedSignIns,
  users: number,
): Promise<CeilingScript> {
  const { first, again, other } = recorded
  const sequence = (statements: readonly RecordedStatement[]) =>
    statements.map(({ text }) => text).join(';')
  if (sequence(first) !== sequence(again) || sequence(first) !== sequence(other)) {
    throw new Error('three quiet sign-ins sent different statements')
  }
  const digits = recorded.number.slice(1)
  const variables = new Map<string, string>()
  const lines = [
    `\\set n random(0, ${users - 1})`,
    `\\set number ${twelveDigits(0)} + :n`,
    '\\set signin random(100000000000, 899999999999)',
    `\\set phone ${phoneDigitsPgbench()}`,
  ]
  for (const [index, statement] of first.entries()) {
    const types = await parameterTypes(client, statement)
    const parameters = statement.values.map((value, position) => {
      if (value === null) return 'null'
      const pieces = piecesOf(value, digits, [
        again[index]?.values[position],
        other[index]?.values[position],
      ])
      const terms = pieces.map((piece) => {
        if ('variable' in piece) return `:${piece.variable}::text`
        const name = nameOf(variables, piece.text)
        return pieces.length === 1 ? `:${name}` : `:${name}::text`
      })
      const type = types[position] ?? 'text'
      return terms.length === 1 && !pieces.some((piece) => 'variable' in piece)
        ? `(${terms[0]}::${type})`
        : `(${terms.join(' || ')})::${type}`
    })
    lines.push(
      `${statement.text.replace(/\$(\d+)/g, (_, number) => parameters[Number(number) - 1] ?? 'null')};`,
    )
  }
  return { text: `${lines.join('\n')}\n`, variables, statements: first.length }
}

type Piece = { text: string } | { variable: 'number' | 'signin' | 'phone' }

const word = /[A-Za-z0-9_-]+/g
const shortestId = 16
const tail = 12

function piecesOf(
  value: string,
  digits: string,
  [again, other]: (string | null | undefined)[],
): Piece[] {
  const ofAgain = again?.match(word) ?? []
  const ofOther = other?.match(word) ?? []
  const pieces: Piece[] = []
  let from = 0
  for (const [index, match] of [...value.matchAll(word)].entries()) {
    const [text] = match
    const variable =
      text === digits
        ? 'phone'
        : text.length < shortestId || text === ofOther[index]
          ? undefined
          : text === ofAgain[index]
            ? 'number'
            : 'signin'
    if (variable === undefined) continue
    const end = match.index + text.length
    const begin = variable === 'phone' ? match.index : end - tail
    if (begin > from) pieces.push({ text: value.slice(from, begin) })
    pieces.push({ variable })
    from = end
  }
  if (from < value.length || pieces.length === 0) pieces.push({ text: value.slice(from) })
  return pieces
}

/** pgbench writes a variable for a `:name`; values that are equal share one. */
function nameOf(variables: Map<string, string>, text: string): string {
  for (const [name, known] of variables) if (known === text) return name
  const name = `v${variables.size + 1}`
  variables.set(name, text)
  return name
}

/** What the server takes each parameter for; the script must say so where it builds the value. */
async function parameterTypes(client: pg.Client, { text, values }: RecordedStatement) {
  if (values.length === 0) return []
  await client.query(`prepare probe as ${text}`)
  const { rows } = await client.query<{ types: string[] }>(
    `select parameter_types::text[] as types from pg_prepared_statements where name = 'probe'`,
  )
  await client.query('deallocate probe')
  return rows[0]?.types ?? []
}
