/** The Jakarta Messaging 3.1 client. */
@NullMarked
package org.fulmar.jms;

import org.jspecify.annotations.NullMarked;
