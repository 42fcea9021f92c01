/** A message-driven bean under load, with kills of what it depends on and of what it runs in. */
package org.fulmar.appservers.load;
