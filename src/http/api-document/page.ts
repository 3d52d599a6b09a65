import { STATUS_CODES } from 'node:http'
import { type Html, html } from '../login/html.ts'
import type { OpenApiDocument, Operation } from './openapi.ts'
import { membersView, memberView, schemaAnchor, typeView } from './schema-view.ts'

/** One operation, with where it is. */
type Listed = { path: string; method: string; operation: Operation }

/** The document of the API as a page: everything stands in it, and scripts only help to find it. */
export function documentPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const sections = Object.entries(
    Object.groupBy(operations, ({ operation }) => operation.tags[0]),
  ).map(([tag, listed = []]) => ({ tag, id: `tag-${tag.replace(/[^a-z0-9-]/g, '')}`, listed }))
  const schemas = Object.entries(document.components.schemas)

  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="color-scheme" content="light dark">
    <title>API of Trunkline</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/assets/pages/base.css">
    <link rel="stylesheet" href="/assets/pages/api.css">
    <script src="/assets/pages/api.js" type="module"></script>
  </head>
  <body>
    <a class="skip" href="#main">Skip to the content</a>
    <header class="bar">
      <span class="brand">
        <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" aria-hidden="true"><path d="M4 7h16M12 7v8" /><circle cx="12" cy="17.5" r="2.75" fill="currentColor" stroke="none" /></svg>
        Trunkline
      </span>
      <nav aria-label="Formats"><a href="/api/v2/openapi.json">OpenAPI 3.1</a></nav>
    </header>
    <div class="columns">
      <nav class="contents" aria-label="Sections">
        <ul>
          ${sections.map(({ tag, id }) => html`<li><a href="#${id}">${tag}</a></li>`)}
          <li><a href="#objects">Objects</a></li>
        </ul>
      </nav>
      <main id="main">
        <h1>The API</h1>
        <p class="lead">
          ${operations.length} operations. Those under <code>/api/v2</code> take a bearer token that holds
          one of the scopes they name. A client gets one from <a href="#${tokenOperation}">the token
          endpoint</a> by its secret, for the audience that is this server’s address followed by
          <code>/api/v2/</code>.
        </p>
        <div class="filter" id="filter" hidden>
          <label for="words">Find an operation</label>
          <input id="words" type="search" autocomplete="off" spellcheck="false" placeholder="phone providers, read:users, …">
          <p class="hint" id="found" role="status"></p>
        </div>
        ${sections.map(
          ({ tag, id, listed }) => html`<section class="group" aria-labelledby="${id}">
            <h2 id="${id}">${tag}</h2>
            ${listed.map(operationView)}
          </section>`,
        )}
        <section class="group" aria-labelledby="objects">
          <h2 id="objects">Objects</h2>
          ${schemas.map(
            ([name, schema]) => html`<details id="${schemaAnchor(name)}" class="entry object">
              <summary><span class="what">${name}</span></summary>
              <div class="told">${membersView(schema) ?? typeView(schema)}</div>
            </details>`,
          )}
        </section>
      </main>
    </div>
  </body>
</html>
`.markup
}

/** Where the lead sends a reader who needs a token. */
const tokenOperation = 'post_oauth_token'

function operationView({ path, method, operation }: Listed): Html {
  const { operationId, summary, security, parameters, requestBody } = operation
  const scopes = security.map(({ managementToken = [] }) => managementToken)
  const body = requestBody?.content['application/json']?.schema
  return html`<details id="${operationId}" class="entry operation">
    <summary>
      <span class="method" data-method="${method}">${method.toUpperCase()}</span>
      <code class="path">${breakable(path)}</code>
      <span class="what">${summary}</span>
    </summary>
    <div class="told">
      ${
        scopes.length > 0 &&
        html`<h3>${scopes.length === 1 ? 'Scope' : 'One of these scopes'}</h3>
          <ul class="scopes">${scopes.map((set) => html`<li>${set.map((scope, index) => [index > 0 && ' and ', html`<code>${scope}</code>`])}</li>`)}</ul>`
      }
      ${
        parameters.length > 0 &&
        html`<h3>Parameters</h3>
          <ul class="members">${parameters.map(({ name, schema, required }) => memberView(name, schema, required))}</ul>`
      }
      ${body !== undefined && html`<h3>Body</h3>${membersView(body) ?? html`<p>${typeView(body)}</p>`}`}
      <h3>Answers</h3>
      <ul class="answers">${Object.entries(operation.responses).map(answerView)}</ul>
    </div>
  </details>`
}

function answerView([status, response]: [string, Operation['responses'][string]]): Html {
  if ('$ref' in response) {
    return html`<li><span class="status">${status}</span> ${STATUS_CODES[status]}</li>`
  }
  const schema = response.content?.['application/json']?.schema
  return html`<li>
    <span class="status good">${status}</span> ${response.description}${
      schema !== undefined &&
      html`: <span class="type">${typeView(schema)}</span> ${membersView(schema)}`
    }
  </li>`
}

/** A long path may be broken after each slash. */
const breakable = (path: string): Html =>
  html`${path.split(/(?<=\/)/).map((part, index) => [index > 0 && html`<wbr>`, part])}`
