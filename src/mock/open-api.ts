import { CONTROL_ROUTES, type ControlRoute } from './control-routes.ts';
import { FAULT_KINDS } from './fault-kinds.ts';

const DURATION = {
  description: 'milliseconds, or a text with its unit',
  oneOf: [
    { type: 'number', minimum: 0 },
    { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' },
  ],
};

const KIND = {
  anyOf: [
    { type: 'string', enum: [...FAULT_KINDS] },
    { type: 'string', pattern: '^status:[2-5]\\d\\d$' },
  ],
};

const SCHEMAS = {
  LedgerEntries: listOf({
    key: 'string',
    tenant: 'string',
    state: 'string',
    hits: 'integer',
    effects: 'integer',
    firstSeenAt: 'number',
    expiresAt: ['number', 'null'],
  }),
  Executions: listOf({ route: 'string', tenant: 'string', at: 'number' }),
  Events: listOf({ id: 'integer', at: 'number', kind: 'string' }),
  Metrics: { type: 'string' },
  Fault: {
    anyOf: [
      KIND,
      {
        type: 'object',
        required: ['fault'],
        additionalProperties: false,
        properties: {
          fault: KIND,
          at: { type: 'integer', minimum: 1, description: 'the n-th request that matches, from now on' },
          route: { type: 'string', description: "only requests of this route: 'POST /charges/:id'" },
          retryAfter: { type: 'string', description: 'the Retry-After of a status:N' },
          delay: DURATION,
        },
      },
    ],
  },
  Faults: { type: 'array', items: ref('Fault') },
  Plan: { anyOf: [ref('Fault'), ref('Faults')] },
  Time: objectOf({ now: 'number', iso: 'string' }),
  Advance: { type: 'object', required: ['advance'], properties: { advance: DURATION } },
  Problem: objectOf({ type: 'string', title: 'string', status: 'integer', detail: 'string' }),
};

/** What the control can do, for clients in any language and what makes them.
 *
 *  @param server what comes before the paths: origin and path of this mock
 *  @param root the path of the control */
export function openApi(server: string, root: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of CONTROL_ROUTES) {
    (paths[`${root}${route.path}`] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'onceward mock',
      version: '1',
      description: 'What the mock server says of itself, and how it is moved.',
    },
    servers: [{ url: server }],
    paths,
    components: { schemas: SCHEMAS },
  };
}

function operation({
  method,
  path,
  summary,
  query = {},
  body,
  gives,
  type = 'application/json',
}: ControlRoute): unknown {
  return {
    operationId: `${method.toLowerCase()}${path.slice(1, 2).toUpperCase()}${path.slice(2)}`,
    summary,
    ...(Object.keys(query).length > 0 && {
      parameters: Object.entries(query).map(([name, description]) => ({
        name,
        in: 'query',
        description,
        schema: { type: 'string' },
      })),
    }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: ref(body) } } },
    }),
    responses: {
      ...(gives === undefined
        ? { '204': { description: 'done' } }
        : { '200': { description: 'as asked', content: { [type]: { schema: ref(gives) } } } }),
      default: { description: 'not done', content: { 'application/problem+json': { schema: ref('Problem') } } },
    },
  };
}

function ref(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** Objects that have at least these members. */
function objectOf(members: Readonly<Record<string, string | readonly string[]>>): unknown {
  return {
    type: 'object',
    required: Object.keys(members),
    properties: Object.fromEntries(Object.entries(members).map(([name, type]) => [name, { type }])),
  };
}

function listOf(members: Readonly<Record<string, string | readonly string[]>>): unknown {
  return { type: 'array', items: objectOf(members) };
}
