//! Schemes of the code with a name of ours.

use poem_openapi::OpenApiService;
use poem_resource_server::testing::Issuer;

mod own_sign_in {
    use poem_openapi::payload::PlainText;
    use poem_openapi::{OpenApi, SecurityScheme, auth};

    #[derive(SecurityScheme)]
    #[oai(ty = "api_key", key_name = "x-key", key_in = "header")]
    pub struct SignIn(pub auth::ApiKey);

    pub struct Api;

    #[OpenApi]
    #[allow(clippy::unused_async)]
    impl Api {
        #[oai(path = "/", method = "get")]
        async fn read(&self, caller: SignIn) -> PlainText<String> {
            PlainText(caller.0.key)
        }
    }
}

mod theirs {
    use poem_openapi::payload::PlainText;
    use poem_openapi::{OpenApi, SecurityScheme, auth};

    #[derive(SecurityScheme)]
    #[oai(ty = "bearer")]
    pub struct BearerAuth(pub auth::Bearer);

    pub struct Api;

    #[OpenApi]
    #[allow(clippy::unused_async)]
    impl Api {
        #[oai(path = "/", method = "get")]
        async fn read(&self, caller: BearerAuth) -> PlainText<String> {
            PlainText(caller.0.token)
        }
    }
}

#[test]
fn another_scheme_with_the_name_of_ours_is_refused() {
    let error = Issuer::new().guard().try_protect(theirs::Api).err();

    assert_eq!(
        error.unwrap().to_string(),
        "the code declares a security scheme named `BearerAuth`, the name of the guard's own \
         scheme; rename it with `#[oai(rename = \"..\")]`, or use \
         `poem_resource_server::guard::BearerAuth`"
    );
}

#[test]
fn another_scheme_with_a_name_of_the_document_is_refused() {
    let guard = Issuer::new().guard();
    let service = OpenApiService::new(guard.protect(own_sign_in::Api), "Own", "1");

    let error = guard.document(&service).err();

    assert_eq!(
        error.unwrap().to_string(),
        "the code declares a security scheme named `SignIn`, the name of the guard's own scheme; \
         rename it with `#[oai(rename = \"..\")]`"
    );
}
