//! Requirements that do not fit the API are errors that say what is wrong and what to do.

use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, Tags};
use poem_resource_server::guard::{Access, BearerAuth, Binding, OperationAccess, Requirement};
use poem_resource_server::token::Scope;

use crate::world::World;

#[derive(Tags)]
enum Tag {
    /// Orders.
    Orders,
}

struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(
        path = "/t/:tenant/o/:id",
        method = "get",
        operation_id = "order",
        tag = "Tag::Orders"
    )]
    async fn order(
        &self,
        _tenant: Path<String>,
        #[oai(name = "id")] _id: Path<String>,
        #[oai(name = "page")] _page: Query<Option<u32>>,
        #[oai(name = "x-shop")] _shop: Header<Option<String>>,
        _caller: BearerAuth,
    ) -> PlainText<&'static str> {
        PlainText("order")
    }

    #[oai(path = "/a/:first/:second", method = "get", operation_id = "swapped")]
    async fn swapped(
        &self,
        #[oai(name = "second")] _second: Path<String>,
        #[oai(name = "first")] _first: Path<String>,
        _caller: BearerAuth,
    ) -> PlainText<&'static str> {
        PlainText("swapped")
    }
}

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

fn error(access: Access) -> Option<String> {
    let guard = World::new().guard.with_access(access);
    guard.try_protect(Api).err().map(|error| error.to_string())
}

#[test]
fn each_error_names_the_setting_and_what_to_do_and_has_an_accepted_twin() {
    let owner = |parameter: &str| Requirement::default().with_owner(parameter, "c");
    let with = |text: &str| Requirement::new(scope(text));
    let bound = |binding: Binding| Requirement::default().with_binding(binding);
    let named = |name: &str| OperationAccess::default().with_issuer_names([name]);
    let known_issuers = |access: Access| {
        let mut access = access;
        access
            .issuer_names
            .insert("staff".to_owned(), "https://id.example".to_owned());
        access
    };
    let sets = |count: usize, prefix: &str| {
        let sets = (0..count).map(|number| scope(&format!("{prefix}{number}")));
        Requirement::default().with_any_scope(sets)
    };
    let rows = [
        (
            Access::default().with_tag("order", with("a")),
            "`access.tags.order` is for a tag that no operation has; there are: Orders",
            Access::default().with_tag("orders", with("a")),
        ),
        (
            Access::default().with_path_prefix("/admin", with("a")),
            "`access.paths.\"/admin\"` is for a path prefix that no operation's path begins with; \
             the paths are: /a/{first}/{second}, /t/{tenant}/o/{id}",
            Access::default().with_path_prefix("/t/{tenant}", with("a")),
        ),
        (
            Access::default().with_path_prefix("t", with("a")),
            "`access.paths.t` is for a path prefix that no operation's path begins with; the paths \
             are: /a/{first}/{second}, /t/{tenant}/o/{id}",
            Access::default().with_path_prefix("/t", with("a")),
        ),
        (
            Access::default().with_operation("ordr", with("a")),
            "`access.operations` names the operation `ordr`, which does not exist; there are: \
             order, swapped",
            Access::default().with_operation("ORDER", with("a")),
        ),
        (
            known_issuers(Access::default().with_operation("order", named("stuff"))),
            "`access.operations.order.issuers` names the issuer `stuff`, which does not exist; \
             there are: staff",
            known_issuers(Access::default().with_operation("order", named("staff"))),
        ),
        (
            Access::default().with_operation("order", owner("tenantt")),
            "`access.operations.order.owner` names the parameter `tenantt`, which the operation \
             `order` does not read from its path or query; it reads: _tenant, id, page",
            Access::default().with_operation("order", owner("id")),
        ),
        (
            Access::default().with_operation("order", owner("x-shop")),
            "`access.operations.order.owner` names the parameter `x-shop`, which the operation \
             `order` does not read from its path or query; it reads: _tenant, id, page",
            Access::default().with_operation("order", owner("page")),
        ),
        (
            Access::default().with_path_prefix("/", owner("page")),
            "`access.paths.\"/\".owner` names the parameter `page`, which the operation `swapped` \
             does not read from its path or query; it reads: second, first",
            Access::default().with_tag("Orders", owner("page")),
        ),
        (
            Access::default().with_operation("swapped", owner("first")),
            "the operation `swapped` requires an owner of the parameter `first`, but its code has \
             the path parameters in another order than its path, and poem-openapi assigns them by \
             their order; write the `Path` arguments in the order of the path",
            Access::default().with_operation("swapped", with("a")),
        ),
        (
            Access::default()
                .with_operation("order", with("read"))
                .with_implied_scopes(scope("write"), scope("raed")),
            "`access.scopes_imply` says that `write` includes `raed`, which no operation requires; \
             the required scopes are: read",
            Access::default()
                .with_operation("order", with("read"))
                .with_implied_scopes(scope("write"), scope("read")),
        ),
        (
            Access::default()
                .with_implied_scopes(scope("a"), scope("b"))
                .with_implied_scopes(scope("b"), scope("a")),
            "`access.scopes_imply` has a cycle: `a` includes `b` includes `a`; remove one of its \
             scopes",
            Access::default()
                .with_operation("order", with("c"))
                .with_implied_scopes(scope("a"), scope("b"))
                .with_implied_scopes(scope("b"), scope("c")),
        ),
        (
            Access::default()
                .with_operation("order", sets(5, "a"))
                .with_tag("Orders", sets(4, "b")),
            "the requirements of the operation `order` together have 20 alternative sets of \
             scopes, and at most 16 are allowed; use fewer alternatives",
            Access::default()
                .with_operation("order", sets(4, "a"))
                .with_tag("Orders", sets(4, "b")),
        ),
        (
            Access::default()
                .with_operation("order", Requirement::default().with_clients(["web"]))
                .with_tag("Orders", Requirement::default().with_clients(["app"])),
            "the requirements of the operation `order` together accept no client, so nobody could \
             call it; correct one of them",
            Access::default()
                .with_operation("order", Requirement::default().with_clients(["web", "app"]))
                .with_tag("Orders", Requirement::default().with_clients(["app"])),
        ),
        (
            Access::default()
                .with_operation("order", bound(Binding::Bearer))
                .with_tag("Orders", bound(Binding::Required)),
            "the requirements of the operation `order` together accept no binding, so nobody could \
             call it; correct one of them",
            Access::default()
                .with_operation("order", bound(Binding::Either))
                .with_tag("Orders", bound(Binding::Required)),
        ),
        (
            Access::default().with_operation(
                "order",
                Requirement::default().with_check("Wrong region", |_, _| true),
            ),
            "a check of the operation `order` has the reason \"Wrong region\"; write lower case \
             letters, digits and `_`, as in `wrong_region`",
            Access::default().with_operation(
                "order",
                Requirement::default().with_check("wrong_region", |_, _| true),
            ),
        ),
    ];

    for (refused, message, accepted) in rows {
        assert_eq!(error(refused).as_deref(), Some(message));
        assert_eq!(error(accepted), None, "twin of {message}");
    }
}
