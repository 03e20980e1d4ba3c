"""Child processes: kept from outliving their owner, and asked for their last words."""
