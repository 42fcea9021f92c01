package org.fulmar.ra.outbound;

import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import org.fulmar.jms.session.JmsErrors;

/** What applications are told that do what they must not inside of a server (JMS 3.1, section 12.2). Stateless. */
final class Refusals {
    private Refusals() {}

    static IllegalStateException ofServer(String method) {
        return new IllegalStateException(
                method + " is not for applications in a server: message-driven beans receive asynchronously");
    }

    static IllegalStateException ofManaged(String method, String instead) {
        return new IllegalStateException(method + " is not for applications in a server: " + instead);
    }

    static IllegalStateRuntimeException unchecked(IllegalStateException refusal) {
        return (IllegalStateRuntimeException) JmsErrors.runtime(refusal);
    }
}
