import { integrationName } from './integration-name.js';

describe('integrationName', () => {
  it.each([
    ['slack', 'Slack'],
    ['hubspot', 'HubSpot'],
    ['googleCalendar', 'Google Calendar'],
    ['googledrive', 'Google Drive'],
    ['microsoftTeams', 'Microsoft Teams'],
    ['monday.com', 'monday.com'],
    ['custom.spotify', 'Spotify'],
    ['custom.my-in_house tool', 'My In House Tool'],
    ['constructor', 'Constructor'],
    ['', ''],
  ])('writes %j as %j', (integration, name) => {
    expect(integrationName(integration)).toBe(name);
  });
});
