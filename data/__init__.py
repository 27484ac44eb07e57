"""The district: tables and schemas, import, the workspace file, the sample district."""
