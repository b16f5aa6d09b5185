/** Display names that cannot be derived from Paragon's key. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['activecampaign', 'ActiveCampaign'],
  ['azuredevops', 'Azure DevOps'],
  ['bamboohr', 'BambooHR'],
  ['bigcommerce', 'BigCommerce'],
  ['clickup', 'ClickUp'],
  ['docusign', 'DocuSign'],
  ['dynamicscrm', 'Dynamics CRM'],
  ['github', 'GitHub'],
  ['gitlab', 'GitLab'],
  ['googledrive', 'Google Drive'],
  ['googlesheets', 'Google Sheets'],
  ['hubspot', 'HubSpot'],
  ['linkedin', 'LinkedIn'],
  ['monday.com', 'monday.com'],
  ['netsuite', 'NetSuite'],
  ['onedrive', 'OneDrive'],
  ['paypal', 'PayPal'],
  ['quickbooks', 'QuickBooks'],
  ['servicenow', 'ServiceNow'],
  ['sharepoint', 'SharePoint'],
  ['surveymonkey', 'SurveyMonkey'],
  ['woocommerce', 'WooCommerce'],
  ['youtube', 'YouTube'],
  ['zohocrm', 'Zoho CRM'],
]);

/** Returns the display name of an integration: `googleCalendar` → `Google Calendar`, `custom.spotify` → `Spotify`. */
export function integrationName(integration: string): string {
  const key = integration.replace(/^custom\./, '');
  const spelling = SPELLINGS.get(key.toLowerCase());
  if (spelling !== undefined) return spelling;
  return key
    .split(/[-_\s]+|(?<=[a-z0-9])(?=[A-Z])/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}
