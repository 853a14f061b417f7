//! How an application presents itself: what its document says, and below which path it is.

use poem_openapi::OAuthScopes;

use crate::docs::Icon;
use crate::service::config::Contact;

use super::Application;

impl<Settings, State> Application<Settings, State> {
    /// Describes the API in its document, in Markdown.
    pub fn description(mut self, description: &str) -> Self {
        description.clone_into(&mut self.outline.description);
        self
    }

    /// Names an address for questions about the API: an https URL or an e-mail address. The
    /// setting `docs.contact` replaces it.
    ///
    /// # Panics
    ///
    /// When `contact` is neither.
    pub fn contact(mut self, contact: &str) -> Self {
        let contact = Contact::parse(contact);
        self.outline.contact =
            Some(contact.expect("a contact is an https URL or an e-mail address"));
        self
    }

    /// Names the licence of the API, and the URL of its text.
    pub fn license<'a>(mut self, name: &str, url: impl Into<Option<&'a str>>) -> Self {
        self.outline.license = Some((name.to_owned(), url.into().map(str::to_owned)));
        self
    }

    /// Sets the icon of the pages, which browsers show next to the title. Without it, the icon
    /// is the first letter of the title.
    ///
    /// ```no_run
    /// # use poem_resource_server::Application;
    /// # let application = Application::new("Shop", "1.0");
    /// let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>"#;
    /// let application = application.icon("image/svg+xml", svg);
    /// ```
    ///
    /// # Panics
    ///
    /// If `media_type` does not begin with `image/`.
    pub fn icon(mut self, media_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.outline.icon = Some(Icon::new(media_type, bytes));
        self
    }

    /// Describes scopes as an `OAuthScopes` type does: in the document, and on the sign-in
    /// page of the embedded issuer, which grants them.
    pub fn scopes<S: OAuthScopes>(mut self) -> Self {
        let described = S::meta().into_iter();
        (self.outline.described_scopes)
            .extend(described.map(|scope| (scope.name, scope.description.unwrap_or_default())));
        self
    }

    /// Mounts the operations below `path`, as in `/api`. The paths of the document stay as
    /// the code has them, and its server names the path.
    ///
    /// # Panics
    ///
    /// When `path` does not begin with `/`, or has a parameter.
    pub fn base_path(mut self, path: &str) -> Self {
        let path = path.trim_end_matches('/');
        assert!(
            path.is_empty() || path.starts_with('/'),
            "a base path begins with `/`, found {path:?}"
        );
        assert!(
            !path.contains([':', '*', '<', '{']),
            "a base path has no parameters, found {path:?}"
        );
        path.clone_into(&mut self.outline.base_path);
        self
    }

    /// Names the operations that stay open in `access.mode` `all`, unless the setting
    /// `access.anonymous` names others.
    pub fn anonymous<'a>(mut self, operation_ids: impl IntoIterator<Item = &'a str>) -> Self {
        self.outline.anonymous = operation_ids.into_iter().map(str::to_owned).collect();
        self
    }
}
