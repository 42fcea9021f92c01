package org.fulmar.broker.server;

import org.fulmar.broker.store.StoreException;
import org.fulmar.protocol.command.ResponseCode;

/** The response codes of store failures, in one place. Stateless. */
final class StoreErrors {
    private StoreErrors() {}

    /** For RocketMQ clients. */
    static int nativeCode(StoreException e) {
        return switch (e.reason()) {
            case TOO_LARGE -> ResponseCode.MESSAGE_ILLEGAL;
            case DISK_FULL, FAILED -> ResponseCode.SERVICE_NOT_AVAILABLE;
        };
    }

    /** For JMS clients. */
    static int jmsCode(StoreException e) {
        return switch (e.reason()) {
            case TOO_LARGE -> ResponseCode.MESSAGE_ILLEGAL;
            case DISK_FULL -> ResponseCode.JMS_RESOURCE;
            case FAILED -> ResponseCode.SERVICE_NOT_AVAILABLE;
        };
    }
}
