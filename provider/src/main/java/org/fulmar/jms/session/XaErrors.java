package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import javax.transaction.xa.XAException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.BranchXid;

/** The one place where failures become XAExceptions, with their cause kept. Stateless. */
final class XaErrors {
    private XaErrors() {}

    static XAException of(int code, String message) {
        XAException exception = new XAException(message);
        exception.errorCode = code;
        return exception;
    }

    static XAException of(int code, BranchXid xid, String message) {
        return of(code, "branch " + xid.text() + ": " + message);
    }

    static XAException of(int code, BranchXid xid, String message, Throwable cause) {
        XAException exception = of(code, xid, message + ": " + cause.getMessage());
        exception.initCause(cause);
        return exception;
    }

    /** A branch that was rolled back in place of what was asked. */
    static XAException rolledBack(BranchXid xid, JMSException why) {
        int code;
        if (JmsErrors.isLost(why)) {
            code = XAException.XA_RBCOMMFAIL;
        } else {
            code = switch (JmsErrors.code(why)) {
                case ResponseCode.JMS_TRANSACTION_ROLLED_BACK -> XAException.XA_RBROLLBACK;
                case ResponseCode.JMS_TRANSACTION_STATE -> XAException.XA_RBPROTO;
                default -> XAException.XA_RBOTHER;
            };
        }
        return of(code, xid, "it was rolled back", why);
    }

    /** What the broker says of a branch that is prepared, or was; whatever else goes wrong, it can be tried again. */
    static XAException refused(BranchXid xid, JMSException why) {
        return switch (JmsErrors.code(why)) {
            case ResponseCode.JMS_TRANSACTION_UNKNOWN ->
                of(XAException.XAER_NOTA, xid, "the broker has no such branch", why);
            case ResponseCode.JMS_TRANSACTION_STATE -> of(XAException.XAER_PROTO, xid, "not in this state", why);
            case ResponseCode.JMS_HEURISTIC_COMMIT ->
                of(XAException.XA_HEURCOM, xid, "an administrator has committed it", why);
            case ResponseCode.JMS_HEURISTIC_ROLLBACK ->
                of(XAException.XA_HEURRB, xid, "an administrator has rolled it back", why);
            default -> unreachable(xid, why);
        };
    }

    /** The broker can't be asked now. */
    static XAException unreachable(BranchXid xid, JMSException why) {
        return of(XAException.XAER_RMFAIL, xid, "the broker is not reached, or can't answer; ask again", why);
    }

    /** What has failed that is of no branch. */
    static XAException failed(String what, JMSException why) {
        boolean away = JmsErrors.mayPass(why) || JmsErrors.code(why) < 0 || why instanceof IllegalStateException;
        XAException exception =
                of(away ? XAException.XAER_RMFAIL : XAException.XAER_RMERR, what + ": " + why.getMessage());
        exception.initCause(why);
        return exception;
    }
}
