package org.fulmar.client.producer;

import org.fulmar.client.ClientException;
import org.fulmar.client.SendResult;

/** Is told how an asynchronous send ended, on one of the client's callback threads. One of its methods is called, once. */
public interface SendCallback {
    void onSuccess(SendResult result);

    void onFailure(ClientException failure);
}
