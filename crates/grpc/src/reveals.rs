//! Which answers show data: the body of a payload, or a text that may hold some of it (INV-AUDIT).

use esteira_contract::v1;

/// Something that may show data.
pub trait Reveals {
    /// Whether it does.
    fn reveals(&self) -> bool;
}

impl<T: Reveals> Reveals for Option<T> {
    fn reveals(&self) -> bool {
        self.as_ref().is_some_and(T::reveals)
    }
}

impl<T: Reveals> Reveals for Vec<T> {
    fn reveals(&self) -> bool {
        self.iter().any(T::reveals)
    }
}

impl Reveals for v1::Payload {
    fn reveals(&self) -> bool {
        self.body.is_some()
    }
}

impl Reveals for v1::DataPacket {
    fn reveals(&self) -> bool {
        self.data.reveals()
    }
}

impl Reveals for v1::Failure {
    fn reveals(&self) -> bool {
        !self.message.is_empty() || !self.stack_trace.is_empty() || self.details.reveals()
    }
}

impl Reveals for v1::PolicyVerdict {
    fn reveals(&self) -> bool {
        !self.detail.is_empty()
    }
}

impl Reveals for v1::Attempt {
    fn reveals(&self) -> bool {
        self.failure.reveals()
    }
}

impl Reveals for v1::Job {
    fn reveals(&self) -> bool {
        self.input.reveals() || self.results.reveals() || self.failure.reveals()
    }
}

impl Reveals for v1::Task {
    fn reveals(&self) -> bool {
        self.input.reveals()
            || self.outputs.reveals()
            || self.attempts.reveals()
            || self.failure.reveals()
            || self.verdicts.reveals()
    }
}

impl Reveals for v1::OutboxMessage {
    fn reveals(&self) -> bool {
        self.payload.reveals() || !self.failure.is_empty()
    }
}

impl Reveals for v1::JobTrace {
    fn reveals(&self) -> bool {
        self.failure.reveals()
    }
}

impl Reveals for v1::TaskTrace {
    fn reveals(&self) -> bool {
        self.attempts.reveals() || self.failure.reveals() || self.verdicts.reveals()
    }
}

impl Reveals for v1::ErrorRow {
    fn reveals(&self) -> bool {
        !self.last_message.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Reveals + Default>(fill: impl FnOnce(&mut T)) {
        let mut value = T::default();
        assert!(!value.reveals(), "with nothing in it");
        fill(&mut value);
        assert!(value.reveals());
    }

    fn body() -> Option<v1::Payload> {
        Some(v1::Payload { body: Some(v1::payload::Body::Json("1".into())), ..Default::default() })
    }

    fn failure() -> Option<v1::Failure> {
        Some(v1::Failure { message: "no".into(), ..Default::default() })
    }

    #[test]
    fn bodies_and_texts_are_data() {
        check::<v1::Job>(|job| job.input = Some(v1::DataPacket { data: body(), ..Default::default() }));
        check::<v1::Job>(|job| job.results = body().into_iter().collect());
        check::<v1::Job>(|job| job.failure = failure());
        check::<v1::Task>(|task| task.input = Some(v1::DataPacket { data: body(), ..Default::default() }));
        check::<v1::Task>(|task| task.outputs = body().into_iter().collect());
        check::<v1::Task>(|task| task.failure = failure());
        check::<v1::Task>(|task| {
            task.verdicts = vec![v1::PolicyVerdict { detail: "too long".into(), ..Default::default() }]
        });
        check::<v1::Attempt>(|attempt| attempt.failure = failure());
        check::<v1::Failure>(|failure| failure.stack_trace = "at".into());
        check::<v1::Failure>(|failure| failure.details = body());
    }

    #[test]
    fn digests_and_codes_are_not() {
        let digest = v1::Payload { sha256: vec![7; 32].into(), ..Default::default() };
        let input = Some(v1::DataPacket { data: Some(digest.clone()), ..Default::default() });
        let failure = Some(v1::Failure { code: "NO_FUNDS".into(), ..Default::default() });
        assert!(!v1::Job { input, results: vec![digest], failure, ..Default::default() }.reveals());
    }
}
