package org.fulmar.conformance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.JMSSecurityRuntimeException;
import org.junit.jupiter.api.Test;

/** Who may connect. */
class UsersIT {
    @Test
    void knownUserMayConnect() throws Exception {
        Kit.factory()
                .createConnection(Kit.property("user"), Kit.property("password"))
                .close();
    }

    @Test
    void nobodyInParticularMayConnect() throws Exception {
        Kit.factory().createConnection().close();
    }

    @Test
    void unknownUserIsRefused() {
        assertThatThrownBy(() -> Kit.factory().createConnection("invalid", "invalid"))
                .isInstanceOf(JMSSecurityException.class)
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> Kit.factory().createContext("invalid", "invalid"))
                .isInstanceOf(JMSSecurityRuntimeException.class);
    }
}
