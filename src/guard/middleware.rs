//! The guard as middlewares, for endpoints outside of poem-openapi.

use poem::{Endpoint, Middleware};

use super::Guard;
use super::gate::Gate;
use super::rule::{Requirement, Rule};

/// A middleware that admits only callers with a valid token: see [`Guard::require`].
#[derive(Debug, Clone)]
pub struct Require {
    guard: Guard,
    requirement: Requirement,
}

impl<E: Endpoint> Middleware<E> for Require {
    type Output = Gate<E>;

    fn transform(&self, endpoint: E) -> Gate<E> {
        let rule = Rule::Protected(self.requirement.clone());
        Gate::for_route(endpoint, self.guard.clone(), rule)
    }
}

/// A middleware that identifies the caller, if there is a token: see [`Guard::identify`].
#[derive(Debug, Clone)]
pub struct Identify {
    guard: Guard,
}

impl<E: Endpoint> Middleware<E> for Identify {
    type Output = Gate<E>;

    fn transform(&self, endpoint: E) -> Gate<E> {
        let binding = self.guard.access().binding;
        let rule = Rule::Optional(Requirement::default().with_binding(binding));
        Gate::for_route(endpoint, self.guard.clone(), rule)
    }
}

/// A middleware that admits everyone, if the guard requires no TLS, or over TLS.
#[cfg(feature = "service")]
pub(crate) struct LeaveOpen {
    guard: Guard,
}

#[cfg(feature = "service")]
impl<E: Endpoint> Middleware<E> for LeaveOpen {
    type Output = Gate<E>;

    fn transform(&self, endpoint: E) -> Gate<E> {
        Gate::for_route(endpoint, self.guard.clone(), Rule::Anonymous)
    }
}

impl Guard {
    /// Leaves endpoints outside of poem-openapi open to everyone. Only TLS is required, if it is of
    /// all requests.
    #[cfg(feature = "service")]
    pub(crate) fn leave_open(&self) -> LeaveOpen {
        LeaveOpen {
            guard: self.clone(),
        }
    }

    /// Protects endpoints outside of poem-openapi. Admits a valid token that meets the requirement:
    /// a [`Requirement`], or a [`Scope`](crate::token::Scope) of which every scope is required.
    ///
    /// ```
    /// use poem::{EndpointExt, Route, handler};
    /// use poem_resource_server::guard::{Guard, Principal};
    /// use poem_resource_server::token::Scope;
    ///
    /// #[handler]
    /// fn report(caller: &Principal) -> String {
    ///     format!("for {}", caller.subject())
    /// }
    ///
    /// fn routes(guard: &Guard) -> Route {
    ///     let scope: Scope = "reports:read".parse().expect("a scope");
    ///     Route::new().at("/report", report.with(guard.require(scope)))
    /// }
    /// ```
    pub fn require(&self, requirement: impl Into<Requirement>) -> Require {
        Require {
            guard: self.clone(),
            requirement: requirement.into().with_binding(self.access().binding),
        }
    }

    /// Identifies callers of endpoints outside of poem-openapi without requiring a token: the
    /// handler extracts an `Option<Principal>`, and a bad token is refused.
    ///
    /// ```
    /// use poem::{EndpointExt, Route, handler};
    /// use poem_resource_server::guard::{Guard, Principal};
    ///
    /// #[handler]
    /// fn greet(caller: Option<&Principal>) -> String {
    ///     match caller {
    ///         Some(caller) => format!("hello {}", caller.subject()),
    ///         None => "hello guest".to_owned(),
    ///     }
    /// }
    ///
    /// fn routes(guard: &Guard) -> Route {
    ///     Route::new().at("/greet", greet.with(guard.identify()))
    /// }
    /// ```
    pub fn identify(&self) -> Identify {
        Identify {
            guard: self.clone(),
        }
    }
}
