import { newIntegration, type ActionDefinition, type Integration } from './catalogue.js';

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });

function action(
  name: string,
  description: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): ActionDefinition {
  return { name, description, parameters: { type: 'object', properties, required, additionalProperties: false } };
}

const SLACK = [
  action(
    'SLACK_SEND_MESSAGE',
    'Send a message to a channel of the user’s Slack workspace.',
    {
      channel: text('Id or name of the channel, for example C024BE91L or #general'),
      message: text('The text; Slack’s own markdown is allowed', { minLength: 1, maxLength: 4000 }),
      threadTimestamp: text('Answers in the thread of the message with this timestamp', { pattern: '^\\d+\\.\\d+$' }),
    },
    ['channel', 'message'],
  ),
  action('SLACK_LIST_MEMBERS', 'List the members of the workspace.', {
    limit: { type: 'integer', description: 'At most so many', minimum: 1, maximum: 1000, default: 100 },
    includeBots: { type: 'boolean', description: 'Whether bots are listed too', default: false },
  }),
];

const HUBSPOT = [
  action(
    'HUBSPOT_CREATE_CONTACT',
    'Create a contact in HubSpot.',
    {
      email: text('Address of the contact', { format: 'email' }),
      firstname: text('First name'),
      lastname: text('Last name'),
      lifecyclestage: text('How far the contact has come', { enum: ['subscriber', 'lead', 'opportunity', 'customer'] }),
    },
    ['email'],
  ),
  action(
    'HUBSPOT_SEARCH_CONTACTS',
    'Search contacts by conditions that must all hold.',
    {
      filters: {
        type: 'array',
        description: 'The conditions',
        minItems: 1,
        items: {
          type: 'object',
          properties: {
            property: text('Name of the property'),
            operator: text('How it is compared', { enum: ['EQ', 'NEQ', 'GT', 'LT', 'CONTAINS_TOKEN'] }),
            value: text('What it is compared with'),
          },
          required: ['property', 'operator'],
        },
      },
      limit: { type: 'integer', description: 'At most so many', minimum: 1, maximum: 100 },
    },
    ['filters'],
  ),
];

const GOOGLE_CALENDAR = [
  action(
    'GOOGLE_CALENDAR_CREATE_EVENT',
    'Create an event in a calendar of the user.',
    {
      summary: text('Title of the event'),
      start: text('When it begins', { format: 'date-time' }),
      end: text('When it ends', { format: 'date-time' }),
      attendees: {
        type: 'array',
        description: 'Who is invited',
        items: { type: 'object', properties: { email: text('Address', { format: 'email' }) }, required: ['email'] },
      },
      recurrence: {
        description: 'How it repeats',
        anyOf: [{ type: 'string', enum: ['daily', 'weekly', 'monthly'] }, { type: 'null' }],
      },
    },
    ['summary', 'start', 'end'],
  ),
  action(
    'GOOGLE_CALENDAR_GET_AVAILABILITY',
    'Show when the user is busy.',
    { from: text('Start of the span', { format: 'date-time' }), to: text('End of it', { format: 'date-time' }) },
    ['from', 'to'],
  ),
  action('GOOGLE_CALENDAR_LIST_CALENDARS', 'List the calendars of the user.', {}),
];

const SALESFORCE = [
  action(
    'SALESFORCE_QUERY_RECORDS',
    'Run a SOQL query.',
    { query: text('For example SELECT Id, Name FROM Account LIMIT 10', { minLength: 1 }) },
    ['query'],
  ),
  action(
    'SALESFORCE_UPDATE_RECORD_OPPORTUNITY',
    'Update an opportunity.',
    {
      recordId: text('Id of the opportunity', { pattern: '^[A-Za-z0-9]{15,18}$' }),
      fields: {
        type: 'object',
        description: 'What changes',
        properties: {
          Amount: { type: 'number', description: 'Expected amount', minimum: 0 },
          StageName: text('Stage', { enum: ['Prospecting', 'Negotiation', 'Closed Won', 'Closed Lost'] }),
          CloseDate: text('Expected day of closing', { format: 'date' }),
        },
        minProperties: 1,
      },
    },
    ['recordId', 'fields'],
  ),
];

const NOTION = [
  action(
    'NOTION_CREATE_PAGE',
    'Create a page below another page or in a database.',
    {
      parent: {
        description: 'Where the page is put',
        oneOf: [
          { type: 'object', properties: { page_id: text('Id of a page', { format: 'uuid' }) }, required: ['page_id'] },
          { type: 'object', properties: { database_id: text('Id of a database') }, required: ['database_id'] },
        ],
      },
      title: text('Title of the page'),
      content: text('The text, as Markdown'),
    },
    ['parent', 'title'],
  ),
  action(
    'NOTION_SEARCH_PAGES',
    'Find pages by their title.',
    { query: text('Words of the title'), cursor: text('Where the next page of results begins') },
    ['query'],
  ),
  action('NOTION_ARCHIVE_PAGE', 'Move a page to the trash.', { pageId: text('Id of the page', { format: 'uuid' }) }, [
    'pageId',
  ]),
];

/** Returns a small project: five integrations with actions, a custom one, and one that its owner has not activated. */
export function defaultCatalogue(): Integration[] {
  return [
    { ...newIntegration('slack', 'Slack'), actions: SLACK },
    { ...newIntegration('hubspot', 'HubSpot'), actions: HUBSPOT },
    { ...newIntegration('googleCalendar', 'Google Calendar'), actions: GOOGLE_CALENDAR },
    { ...newIntegration('salesforce', 'Salesforce'), actions: SALESFORCE },
    { ...newIntegration('notion', 'Notion'), actions: NOTION },
    newIntegration('custom.spotify', 'Spotify'),
    { ...newIntegration('jira', 'Jira'), isActive: false },
  ];
}
