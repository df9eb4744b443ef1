"""Files in: companies, delegates, requests and availability from spreadsheets; forums from YAML and .dzn."""
