/** The running broker: its core loop, the handlers of requests, and how the parts are put together. */
@NullMarked
package org.fulmar.broker.server;

import org.jspecify.annotations.NullMarked;
