//! Reads a request to sign a user out. Its media type selects the form.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use poem::Request;

use crate::guard::bearer_token;
use crate::token::{SignOutForm, SubjectIdentifier};

use super::refusal::LogoutRefusal;

/// A request of one form, with a body of bounded size.
pub(super) struct SignOutRequest {
    form: SignOutForm,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl SignOutRequest {
    /// Reads the request.
    pub(super) async fn read(mut request: Request) -> Result<Self, (SignOutForm, LogoutRefusal)> {
        let form = form(request.headers());
        let Some(form) = form else {
            // The response has the form of the request that is documented first.
            return Err((SignOutForm::GlobalRevocation, LogoutRefusal::MediaType));
        };
        let body = request.take_body().into_bytes_limit(MAX_BODY_BYTES).await;
        let body = body.map_err(|_| (form, LogoutRefusal::Body))?;
        Ok(Self {
            form,
            headers: request.headers().clone(),
            body: body.to_vec(),
        })
    }

    pub(super) fn form(&self) -> SignOutForm {
        self.form
    }

    /// The token that the issuer has signed.
    pub(super) fn token(&self) -> Result<String, LogoutRefusal> {
        match self.form {
            SignOutForm::GlobalRevocation => Ok(bearer_token(&self.headers)?.to_owned()),
            SignOutForm::BackChannel => {
                let mut fields = url::form_urlencoded::parse(&self.body);
                let mut tokens = fields.by_ref().filter(|(name, _)| name == "logout_token");
                match (tokens.next(), tokens.next()) {
                    (Some((_, token)), None) => Ok(token.into_owned()),
                    _ => Err(LogoutRefusal::Body),
                }
            }
            SignOutForm::SessionRevoked => match std::str::from_utf8(&self.body) {
                Ok(token) => Ok(token.trim_end().to_owned()),
                Err(_) => Err(LogoutRefusal::Body),
            },
        }
    }

    /// The user in the body of a global token revocation.
    pub(super) fn user(&self) -> Result<SubjectIdentifier, LogoutRefusal> {
        SubjectIdentifier::parse_body(&self.body).map_err(LogoutRefusal::User)
    }
}

fn form(headers: &HeaderMap) -> Option<SignOutForm> {
    let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type: mime::Mime = media_type.parse().ok()?;
    match media_type.essence_str() {
        "application/json" => Some(SignOutForm::GlobalRevocation),
        "application/x-www-form-urlencoded" => Some(SignOutForm::BackChannel),
        "application/secevent+jwt" => Some(SignOutForm::SessionRevoked),
        _ => None,
    }
}

/// Twice the maximum size of a token.
const MAX_BODY_BYTES: usize = 16 * 1024;
