//! The embedded issuer, which is a part of the service.

use poem_resource_server::doctor::Doctor;

use super::{assert_found, dev_issuer, doctor};

#[tokio::test]
async fn an_embedded_issuer_that_does_not_answer_needs_the_service_to_run() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    drop(listener);
    let fix = async |is_embedded| {
        let doctor = Doctor {
            is_embedded,
            ..doctor(&format!("http://{silent}/oauth2/default"))
        };
        let diagnosis = doctor.examine().await;
        assert_found("silent", &diagnosis, &["connect"]);
        let mut findings = diagnosis.findings().iter();
        findings
            .find(|it| it.check == "connect")
            .unwrap()
            .fix
            .clone()
    };
    let running = dev_issuer().await;
    let running = Doctor {
        is_embedded: true,
        ..doctor(&running.issuer())
    };

    assert_eq!(
        fix(true).await,
        "The embedded issuer runs only while the service runs. Start the service in another \
         terminal."
    );
    assert_eq!(
        fix(false).await,
        "Check whether a firewall or a proxy blocks the connection. `issuer.connect_timeout` and \
         `issuer.timeout` limit the wait."
    );
    assert_found("running", &running.examine().await, &[]);
}
